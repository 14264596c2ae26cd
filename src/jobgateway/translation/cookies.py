"""Set-Cookie, two-way (RFC 6265), for the one cookie that a login gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from jobgateway.translation.wire import Headers

LONGEST_LIFETIME: Final = 400 * 86_400
"""The most seconds that a cookie is taken to last, as user agents do (draft-ietf-httpbis-rfc6265bis section 5.5)."""
_VALUE: Final = re.compile(rb"[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+")  # RFC 6265 section 4.1.1: cookie-octet
_MAX_AGE: Final = re.compile(rb"(-?)0*([0-9]{1,18})")
_BLANK: Final = b" \t"


def write_cookie(name: str, value: str, lifetime: int, *, secure: bool) -> tuple[bytes, bytes]:
    """The header that sets a cookie for ``lifetime`` seconds, for all paths, out of reach of scripts."""
    text = f"{name}={value}; Path=/; Max-Age={lifetime}; HttpOnly{'; Secure' if secure else ''}"
    return b"set-cookie", text.encode("ascii")


def read_cookie(headers: Headers, name: str, lifetime: int) -> tuple[str, int] | None:
    """The value that an answer sets a cookie to, and for how many seconds; ``None`` where it sets none that lasts.

    ``lifetime`` is what it lasts where the cookie does not say. Of several of the name the last counts.
    """
    found = None
    for key, header in headers:
        if key != b"set-cookie":
            continue
        pair, *attributes = header.split(b";")
        own, equals, value = pair.strip(_BLANK).partition(b"=")
        if equals and own.strip(_BLANK) == name.encode("ascii"):
            found = value.strip(_BLANK), _max_age(attributes, lifetime)
    if found is None or found[1] <= 0 or not _VALUE.fullmatch(found[0]):
        return None
    return found[0].decode("ascii"), found[1]


def _max_age(attributes: Iterable[bytes], lifetime: int) -> int:
    """RFC 6265 section 5.2.2; an Expires beside it is passed over: reading one needs a clock."""
    for attribute in attributes:
        key, _, value = attribute.partition(b"=")
        if key.strip(_BLANK).lower() == b"max-age" and (said := _MAX_AGE.fullmatch(value.strip(_BLANK))):
            lifetime = 0 if said[1] else min(int(said[2]), LONGEST_LIFETIME)
    return lifetime
