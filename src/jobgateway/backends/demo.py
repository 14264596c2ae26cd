"""The embedded backend: an ASGI application in the same process, asked like any other backend."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

import httpx

from jobgateway.backends.courier import Courier
from jobgateway.backends.origin import Origin
from jobgateway.backends.transport import Fault, TransportError

if TYPE_CHECKING:
    from jobgateway.backends.transport import Transport

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

_ORIGIN: Final = Origin(scheme="http", host="demo.invalid", port=80)
"""A name that exists nowhere (RFC 2606 section 2): nothing can be reached under it by mistake."""

DEMO_CONNECTIONS: Final = 64
DEMO_LARGEST_BODY: Final = 8 * 1024 * 1024


def demo_transport(
    app: Application, *, connections: int = DEMO_CONNECTIONS, largest_body: int = DEMO_LARGEST_BODY
) -> Transport:
    """A transport to an ASGI application, with the caps and headers of the one over the network."""
    return Courier(_ORIGIN, lambda: _InProcess(app), connections=connections, largest_body=largest_body)


class _InProcess(httpx.AsyncBaseTransport):
    """Puts a request to the application; what it fails with is a broken exchange, as over the network."""

    def __init__(self, app: Application) -> None:
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = request.extensions["target"]
        url = request.url.copy_with(raw_path=target)
        if url.raw_path != target:
            # Over the network the very bytes would arrive; here httpx would put a normalised path in their place.
            raise TransportError(Fault.UNSENDABLE, "the target does not survive normalisation")
        request.url = url
        try:
            return await self._inner.handle_async_request(request)
        except Exception as error:
            raise httpx.RemoteProtocolError("the application failed") from error
