"""What the head of a request may say, and what every request says."""

from __future__ import annotations

from typing import Final

from jobgateway import __version__

TCHARS: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
"""What a method or the name of a header is (RFC 9110 section 5.6.2)."""
VALUE: Final = rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?"
"""What the value of a header is (RFC 9110 section 5.5)."""
PATH: Final = r"/[!\"$->@-~]*"
QUERY: Final = r"[!\"$-~]*"
"""Visible ASCII that does not end the path or the query early."""

DEFAULTS: Final = (
    (b"accept", b"Accept", b"application/json, */*;q=0.1"),
    (b"user-agent", b"User-Agent", f"jobgateway/{__version__}".encode()),
)
"""What is said where the request does not say it: by which key, and how."""
ACCEPT_ENCODING: Final = (b"Accept-Encoding", b"identity")
OURS: Final = frozenset(
    b"host connection keep-alive proxy-connection upgrade expect content-length transfer-encoding te trailer "
    b"accept-encoding".split()
)
"""What a transport says by itself: framing, the connection, and the codings that it reads."""

SAYS_LENGTH: Final = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say the length of their content even where there is none (RFC 9110 section 8.6)."""

BAD_TARGET: Final = "the path or the query has characters that no target can hold"
BAD_HEADER: Final = "a header has a name or a value that a request cannot hold"
