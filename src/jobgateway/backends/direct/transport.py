"""The direct transport: requests over a pool of connections, each with one answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from jobgateway.backends.connecting import CONNECT_WITHIN
from jobgateway.backends.direct.connection import Connection
from jobgateway.backends.direct.manners import Manners
from jobgateway.backends.direct.message import Messages
from jobgateway.backends.direct.opener import Opener
from jobgateway.backends.direct.pool import Pool
from jobgateway.backends.origin import origin_of
from jobgateway.backends.transport import TransportError
from jobgateway.backends.trust import SYSTEM, tls_context
from jobgateway.outbox import Outbox

if TYPE_CHECKING:
    from jobgateway.config.model import Tls
    from jobgateway.translation.wire import Request, Response

WAITING: Final = 4
"""How many requests may wait for each connection."""
_SAFE: Final = "GET"
"""The method that may be sent twice, and over a connection that may turn out dead."""


class DirectTransport:
    """Carries requests to the backend at one URL over kept connections, http or https.

    A read whose kept connection turns out dead before a byte of an answer came is sent once more, over a fresh
    one. What changes something is sent once, over a fresh one, so that a dead connection leaves no doubt.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        largest_body: int,
        tls: Tls = SYSTEM,
        connect_within: float = CONNECT_WITHIN,
    ) -> None:
        """``url`` fixes the origin and a path prefix; ``tls`` says whom connections trust, and what they show.

        ``largest_body`` is in bytes, ``connect_within`` in seconds.
        Raises ``ValueError`` for the URL and ``PemError`` for the files.
        """
        origin = origin_of(url)
        context = tls_context(tls) if origin.scheme == "https" else None
        manners = Manners()
        connection = partial(Connection, largest_body, manners, Outbox())
        opener = Opener(origin, context, connection, within=connect_within)
        self._messages = Messages(origin)
        self._pool = Pool(opener.open, manners, connections=connections, waiting=connections * WAITING)

    async def send(self, request: Request) -> Response:
        """Send a request and give the whole answer, within the deadline of the caller's cancel scope.

        Raises ``TransportError``.
        """
        message = self._messages.write(request)
        safe = request.method == _SAFE
        connection = (self._pool.take() if safe else None) or await self._pool.acquire(fresh=not safe)
        reused = connection.exchanges > 0  # so it is a read
        try:
            try:
                return await connection.exchange(message)
            except TransportError:
                if not reused or connection.answered:
                    raise
            connection = await self._pool.replace()
            return await connection.exchange(message)
        finally:
            self._pool.release(connection)

    async def aclose(self) -> None:
        """Close the idle connections; those in use end with their request."""
        self._pool.close()
