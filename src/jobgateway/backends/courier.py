"""Carries requests over transports of httpx, and trusts neither them nor the backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import anyio
import httpx

from jobgateway.backends.connecting import CONNECT_WITHIN, LATE, why_unconnected
from jobgateway.backends.heads import PASSED_ON, Head, check_head, headers_of, response_of, target_of, too_large
from jobgateway.backends.hush import hush_http_clients
from jobgateway.backends.transport import Fault, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobgateway.backends.origin import Origin
    from jobgateway.translation.wire import Request, Response

Carrier = httpx.AsyncBaseTransport

_TURN: Final = 64
"""Pieces of a body after which other requests get their turn, however small the pieces are."""

_FAILURES: Final[tuple[tuple[type[Exception], Fault, str], ...]] = (
    (httpx.ConnectTimeout, Fault.UNREACHABLE, LATE),
    (httpx.ConnectError, Fault.UNREACHABLE, "no connection could be made"),
    (httpx.RemoteProtocolError, Fault.BROKEN, "the backend broke off, or its answer is not HTTP"),
    (httpx.NetworkError, Fault.BROKEN, "the connection broke"),
    (Exception, Fault.BROKEN, "the exchange with the backend failed"),
)
"""By the first type that fits. The last is the careful one: the backend may have acted."""


class Courier:
    """Carries requests to one origin, each over a carrier of its own that is closed behind it.

    Nothing can stay in a connection for the next request: there is no next one. Nothing of httpx's client is used, so
    that there are no redirects, cookies, proxies, retries, decoders or default headers to switch off.
    """

    def __init__(
        self,
        origin: Origin,
        carriers: Callable[[], Carrier],
        *,
        connections: int,
        largest_body: int,
        connect_within: float = CONNECT_WITHIN,
        passed_on: frozenset[bytes] = PASSED_ON,
    ) -> None:
        """``carriers`` makes what carries one request; at most ``connections`` are in use, the others wait.

        ``largest_body`` is in bytes, ``connect_within`` in seconds; ``passed_on`` names the headers of answers that
        are kept.
        """
        hush_http_clients()
        self._origin = origin
        self._url = httpx.URL(origin.url)
        self._carriers = carriers
        self._limit = anyio.Semaphore(connections, max_value=connections)
        self._largest_body = largest_body
        self._timeout = {"connect": connect_within}
        self._passed_on = passed_on

    async def send(self, request: Request) -> Response:
        """Send a request and give the whole answer, within the deadline of the caller's cancel scope.

        Raises ``TransportError``, with nothing of httpx's behind it: its exceptions quote headers.
        """
        line = _Line()
        message = self._message(request, line)
        async with self._limit:
            carrier = self._carriers()
            try:
                return await self._answer(carrier, message)
            except (httpx.HTTPError, OSError, ValueError) as error:
                failure = failure_of(error)
            finally:
                with anyio.CancelScope(shield=True):
                    await carrier.aclose()
                    await line.aclose()
        raise failure

    async def aclose(self) -> None:
        """Nothing is kept open between requests; those that run close what they opened."""

    def _message(self, request: Request, line: _Line) -> httpx.Request:
        # The target goes past httpx's URLs, which would normalise it. A stream, unlike content, adds no headers.
        # Who does not keep connections says so (RFC 9112 section 9.3).
        return httpx.Request(
            request.method,
            self._url,
            headers=[*headers_of(self._origin, request), (b"Connection", b"close")],
            stream=httpx.ByteStream(request.body),
            extensions={"target": target_of(self._origin, request), "timeout": self._timeout, "trace": line.note},
        )

    async def _answer(self, carrier: Carrier, message: httpx.Request) -> Response:
        answer = await carrier.handle_async_request(message)
        version = answer.extensions.get("http_version", b"HTTP/1.1")
        headers = tuple((name.lower(), value) for name, value in answer.headers.raw)
        head = Head(version, answer.status_code, headers)
        check_head(head, self._largest_body)
        return response_of(head, await self._body(answer), self._passed_on)

    async def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        pieces = 0
        # The stream itself, not ``aiter_raw``, whose chunker would copy; neither decodes anything.
        async for piece in answer.stream:  # type: ignore[union-attr]  # asynchronous: it comes from an async transport
            body += piece
            if len(body) > self._largest_body:
                raise TransportError(Fault.UNREADABLE, too_large(self._largest_body))
            pieces += 1
            if pieces % _TURN == 0:
                await anyio.lowlevel.checkpoint()
        return bytes(body)


class _Line:
    """The connection that a request opened, known from httpcore's trace as soon as it is open.

    httpcore loses a connection that is cancelled during its TLS handshake: nobody else could close it.
    """

    def __init__(self) -> None:
        self._stream: Any = None

    async def note(self, event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]

    async def aclose(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()


def failure_of(error: Exception) -> TransportError:
    """What an exception of httpx, or of what lies under it, means; the text is ours alone."""
    fault, text = next((fault, text) for kind, fault, text in _FAILURES if isinstance(error, kind))
    if isinstance(error, httpx.ConnectError):
        text = why_unconnected(error)
    return TransportError(fault, text)
