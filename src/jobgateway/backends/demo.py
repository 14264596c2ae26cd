"""The embedded backend: an ASGI application in the same process, asked like any other backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

from jobgateway.backends.courier import Courier
from jobgateway.backends.heads import PASSED_ON
from jobgateway.backends.origin import Origin
from jobgateway.backends.transport import Fault, TransportError

if TYPE_CHECKING:
    from jobgateway.asgi import App
    from jobgateway.backends.transport import Transport

_ORIGIN: Final = Origin(scheme="http", host="demo.invalid", port=80)
"""A name that exists nowhere (RFC 2606 section 2): nothing can be reached under it by mistake."""

DEMO_CONNECTIONS: Final = 64
DEMO_LARGEST_BODY: Final = 8 * 1024 * 1024


def demo_transport(
    app: App,
    *,
    connections: int = DEMO_CONNECTIONS,
    largest_body: int = DEMO_LARGEST_BODY,
    passed_on: frozenset[bytes] = PASSED_ON,
) -> Transport:
    """A transport to an ASGI application, with the caps and headers of the one over the network."""
    return Courier(
        _ORIGIN, lambda: _InProcess(app), connections=connections, largest_body=largest_body, passed_on=passed_on
    )


class _InProcess(httpx.AsyncBaseTransport):
    """Puts a request to the application; what it fails with is a broken exchange, as over the network."""

    def __init__(self, app: App) -> None:
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = _url(request)
        try:
            return await self._inner.handle_async_request(request)
        except Exception as error:
            raise httpx.RemoteProtocolError("the application failed") from error


def _url(request: httpx.Request) -> httpx.URL:
    """The URL that holds the target: over the network its very bytes would arrive, here what httpx makes of them."""
    target = request.extensions["target"]
    try:
        url = request.url.copy_with(raw_path=target)
    except httpx.InvalidURL:
        url = request.url
    if url.raw_path != target:
        raise TransportError(Fault.UNSENDABLE, "the path or the query would arrive changed")
    return url
