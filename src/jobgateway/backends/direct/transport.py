"""The direct transport: requests over a pool of connections, each with one answer."""

from __future__ import annotations

from typing import Final

from jobgateway.backends.direct.pool import Pool
from jobgateway.backends.heads import headers_of, target_of
from jobgateway.backends.origin import origin_of
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.backends.trust import tls_context
from jobgateway.translation.wire import Request, Response

_SAFE: Final = "GET"
"""The method that may be sent twice, and over a connection that may turn out dead."""


class DirectTransport:
    """Carries requests to the backend at one URL over kept connections, http or https.

    A read whose kept connection turns out dead before a byte of an answer came is sent once more, over a fresh
    one. What changes something is sent once, over a fresh one, so that a dead connection leaves no doubt.
    """

    def __init__(
        self, url: str, *, connections: int, largest_body: int, waiting: int | None = None, ca_file: str | None = None
    ) -> None:
        """``url`` fixes the origin and a path prefix; ``waiting``: how many requests may wait for a connection.

        Raises ``ValueError`` for the URL and ``OSError`` for the file.
        """
        self._origin = origin_of(url)
        self._pool = Pool(
            self._origin,
            context=tls_context(ca_file) if self._origin.scheme == "https" else None,
            connections=connections,
            waiting=connections * 4 if waiting is None else waiting,
            largest_body=largest_body,
        )

    async def send(self, request: Request) -> Response:
        """Send a request and give the whole answer, within the deadline of the caller's cancel scope.

        Raises ``TransportError``.
        """
        message = self._message(request)
        safe = request.method == _SAFE
        connection = await self._pool.acquire(fresh=not safe)
        reused = connection.exchanges > 0
        try:
            return await connection.exchange(message)
        except TransportError as error:
            if not (safe and reused and error.fault is Fault.BROKEN and not connection.answered):
                raise
        finally:
            self._pool.release(connection)
        return await self._once_more(message)

    async def _once_more(self, message: bytes) -> Response:
        connection = await self._pool.acquire(fresh=True)
        try:
            return await connection.exchange(message)
        finally:
            self._pool.release(connection)

    def _message(self, request: Request) -> bytes:
        lines = [b"%b %b HTTP/1.1" % (request.method.encode(), target_of(self._origin, request))]
        lines += [b"%b: %b" % header for header in headers_of(self._origin, request)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + request.body

    async def aclose(self) -> None:
        """Close the idle connections; those in use end with their request."""
        self._pool.close()
