"""ASGI events read as wire values and written from them: what every server side here shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import quote, quote_from_bytes

from jobgateway.translation.wire import Headers, Request, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ASCII: Final = bytes(range(0x80))
_BODILESS: Final = frozenset({204, 304})


def request_of(scope: Scope, body: bytes) -> Request:
    """The request of an ``http`` scope; bytes beyond ASCII in its target come percent-encoded."""
    raw_path = scope.get("raw_path")
    return Request(
        scope["method"],
        quote(scope["path"]) if raw_path is None else _ascii(raw_path),
        _ascii(scope["query_string"]),
        tuple(scope["headers"]),
        body,
    )


async def read_body(scope: Scope, receive: Receive, largest: int) -> bytes | None:
    """The whole body, or ``None`` where it is larger than ``largest`` bytes.

    Nothing is received unless the head announces a body (RFC 9112 section 6). Raises
    ``ConnectionResetError`` where the caller goes away before the end.
    """
    for name, value in scope["headers"]:
        if name == b"content-length":
            if value.isdigit() and len(value) < 19 and int(value) <= largest:  # noqa: PLR2004, more digits are too many
                return await _drain(receive, largest)
            return None
        if name == b"transfer-encoding":
            return await _drain(receive, largest)
    return b""


async def send_response(send: Send, response: Response, extra: Headers = ()) -> None:
    """Send a whole answer; one of 204 or 304 has no content, hence no length (RFC 9110 section 8.6)."""
    headers = [*response.headers, *extra]
    body = b""
    if response.status not in _BODILESS:
        body = response.body
        headers.append((b"content-length", b"%d" % len(body)))
        if response.media:
            headers.append((b"content-type", response.media.encode("latin-1")))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _ascii(raw: bytes) -> str:
    return raw.decode("ascii") if raw.isascii() else quote_from_bytes(raw, _ASCII)


async def _drain(receive: Receive, largest: int) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the caller went away before the end of its request")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > largest:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
