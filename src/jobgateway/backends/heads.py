"""Heads of HTTP/1.1 messages: what a request says, and which answers are read at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from jobgateway.backends.grammar import (
    ACCEPT_ENCODING,
    BAD_HEADER,
    BAD_TARGET,
    DEFAULTS,
    OURS,
    PATH,
    QUERY,
    SAYS_LENGTH,
    TCHARS,
    VALUE,
)
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Headers, Request, Response

if TYPE_CHECKING:
    from jobgateway.backends.origin import Origin

MOST_HEADERS: Final = 100
LARGEST_HEAD: Final = 32 * 1024
"""Bytes of names and values together."""

_METHOD: Final = re.compile(TCHARS)
_NAME: Final = re.compile(TCHARS.encode())
_VALUE: Final = re.compile(VALUE)
_PATH: Final = re.compile(PATH)
_QUERY: Final = re.compile(QUERY)
_DIGITS: Final = re.compile(rb"[0-9]{1,18}")

PASSED_ON: Final = frozenset({b"retry-after"})
"""The headers of an answer that dialects read, but for its Content-Type."""


def target_of(origin: Origin, request: Request) -> bytes:
    """The request target (RFC 9112 section 3.2.1): prefix, path and query, byte for byte.

    Raises ``TransportError`` where they are not visible ASCII, or would end the path or the query early.
    """
    if not _PATH.fullmatch(request.path) or not _QUERY.fullmatch(request.query):
        raise TransportError(Fault.UNSENDABLE, BAD_TARGET)
    target = origin.prefix + request.path.encode("ascii")
    return target + b"?" + request.query.encode("ascii") if request.query else target


def headers_of(origin: Origin, request: Request) -> list[tuple[bytes, bytes]]:
    """The headers of a request: the fixed ones, then its own.

    Raises ``TransportError`` where a header cannot be said, or is the transport's own to say.
    """
    for name, value in request.headers:
        if name.lower() in OURS or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise TransportError(Fault.UNSENDABLE, BAD_HEADER)
    if not _METHOD.fullmatch(request.method):
        raise TransportError(Fault.UNSENDABLE, "the method is not a token")
    given = {name.lower() for name, _ in request.headers}
    headers = [(b"Host", origin.authority.encode("ascii"))]
    headers += [(name, value) for key, name, value in DEFAULTS if key not in given]
    headers += [ACCEPT_ENCODING, *request.headers]
    if request.body or request.method in SAYS_LENGTH:
        headers.append((b"Content-Length", b"%d" % len(request.body)))
    return headers


class Head(Struct, frozen=True):
    """What comes before the body of an answer; ``version`` is as on the wire, header names are in lower case."""

    version: bytes
    status: int
    headers: Headers

    def values(self, name: bytes) -> list[bytes]:
        """All values of a header, in order."""
        return [value for key, value in self.headers if key == name]


def check_head(head: Head, largest_body: int) -> None:
    """Whether the body behind this head may be read; ``largest_body`` is in bytes.

    Raises ``TransportError``.
    """
    problem = _bulk_problem(head) or _framing_problem(head) or _body_problem(head, largest_body)
    if problem is not None:
        raise TransportError(Fault.UNREADABLE, problem)


def response_of(head: Head, body: bytes, passed_on: frozenset[bytes] = PASSED_ON) -> Response:
    """The answer as the dialects read it: of the headers only those that are named."""
    media = next(iter(head.values(b"content-type")), b"")
    kept = tuple((name, value) for name, value in head.headers if name in passed_on)
    return Response(status=head.status, body=body, media=media.decode("latin-1"), headers=kept)


def too_large(largest_body: int) -> str:
    """What is said of an answer of more than that many bytes."""
    return f"the answer is larger than {largest_body} bytes (limits.response_body)"


def _bulk_problem(head: Head) -> str | None:
    if not 200 <= head.status <= 599:  # noqa: PLR2004 -- the classes of final statuses (RFC 9110 section 15)
        return "the answer has no final status from 200 to 599"
    if len(head.headers) > MOST_HEADERS:
        return f"the answer has more than {MOST_HEADERS} headers"
    if sum(len(name) + len(value) for name, value in head.headers) > LARGEST_HEAD:
        return f"the head of the answer is larger than {LARGEST_HEAD} bytes"
    return None


def _framing_problem(head: Head) -> str | None:
    """What makes it doubtful where the message ends (RFC 9112 sections 6.1 and 6.3)."""
    if not head.version.startswith(b"HTTP/1."):
        return "the answer is in another version of HTTP"
    if head.values(b"transfer-encoding"):
        if head.values(b"content-length"):
            return "the answer says its length in two ways"
        if head.version == b"HTTP/1.0":
            return "the answer is in chunks, which its version of HTTP does not have"
    return None


def _body_problem(head: Head, largest_body: int) -> str | None:
    if any(not _DIGITS.fullmatch(value) or int(value) > largest_body for value in head.values(b"content-length")):
        return too_large(largest_body)
    codings = b",".join(head.values(b"content-encoding")).split(b",")
    if any(coding.strip().lower() not in {b"", b"identity"} for coding in codings):
        return "the answer is in a content coding, and none was asked for"
    return None
