"""Answers as the bytes that go out, head and body at once."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jobgateway.translation.wire import Headers, Response

LARGE: Final = 256 * 1024
"""Bytes of a body that is not copied to stand behind its head."""
_BODILESS: Final = frozenset({204, 304})
_STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


@lru_cache(maxsize=64)
def _media_line(media: str) -> bytes:
    """The few that dialects have are written once."""
    return b"content-type: %b\r\n" % media.encode("latin-1") if media else b""


def pieces_of(response: Response, lines: bytes, extra: Headers, method: str) -> tuple[bytes, ...]:
    """An answer with ``lines`` of headers and ``extra`` ones: in one piece, but for a body that is too large for that.

    The answer to HEAD, and 204 and 304, have no content (RFC 9110 section 6.4).
    """
    status = response.status
    parts = [_STATUS_LINES[status], lines]
    for name, value in (*response.headers, *extra) if response.headers else extra:
        parts += (name, b": ", value, b"\r\n")
    body = b""
    if status not in _BODILESS:
        body = response.body
        parts += (_media_line(response.media), b"content-length: %d\r\n\r\n" % len(body))
        if method == "HEAD":
            body = b""
    else:
        parts.append(b"\r\n")
    if len(body) > LARGE:
        return b"".join(parts), body
    parts.append(body)
    return (b"".join(parts),)
