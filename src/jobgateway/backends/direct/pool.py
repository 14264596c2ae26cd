"""The connections to one backend: how many at once, which is next, how long they may be idle."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from typing import Final

from jobgateway.backends.direct.connection import Connection
from jobgateway.backends.origin import Origin
from jobgateway.backends.transport import Fault, TransportError

IDLE_FOR: Final = 4.0
"""Seconds that a connection may be idle: below the 5 s after which common servers close theirs."""
CONNECT_WITHIN: Final = 5.0
"""Seconds for a connection and its TLS handshake."""

_CAUSES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ssl.SSLCertVerificationError, "the certificate is not trusted"),
    (ssl.SSLError, "TLS could not be agreed on"),
    (socket.gaierror, "the host name could not be resolved"),
    (ConnectionRefusedError, "the connection was refused"),
)


class Pool:
    """At most ``connections`` at once; ``waiting`` more requests may wait for one, first come, first served."""

    def __init__(
        self, origin: Origin, *, context: ssl.SSLContext | None, connections: int, waiting: int, largest_body: int
    ) -> None:
        """``context``: for https. ``largest_body``: in bytes."""
        self._origin = origin
        self._context = context
        self._free = connections
        self._most_waiting = waiting
        self._largest_body = largest_body
        self._idle: list[Connection] = []
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    async def acquire(self, *, fresh: bool) -> Connection:
        """A connection of one's own, until ``release``; ``fresh``: one that has carried nothing yet.

        Raises ``TransportError``: busy, or unreachable.
        """
        if self._free > 0 and not self._waiters:
            self._free -= 1
        else:
            await self._wait()
        try:
            if not fresh:
                connection = self._reuse()
                if connection is not None:
                    return connection
            return await self._connect()
        except BaseException:
            self._pass_on()
            raise

    async def _wait(self) -> None:
        """Wait for a slot; it is handed over by whoever gives one back."""
        if len(self._waiters) >= self._most_waiting:
            raise TransportError(Fault.BUSY, "too many requests wait for a connection to it")
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._pass_on()  # the slot came, but nobody is left to use it
            else:
                self._waiters.remove(waiter)
            raise

    def _pass_on(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def _reuse(self) -> Connection | None:
        """The connection that was idle for the shortest time; those idle for too long are closed."""
        oldest = asyncio.get_running_loop().time() - IDLE_FOR
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._largest_body),
                    self._origin.host,
                    self._origin.port,
                    ssl=self._context,
                    server_hostname=self._origin.host if self._context is not None else None,
                )
        except TimeoutError:
            raise TransportError(Fault.UNREACHABLE, "no connection was made in time") from None
        except (OSError, UnicodeError) as error:
            text = next((text for kind, text in _CAUSES if isinstance(error, kind)), "no connection could be made")
            raise TransportError(Fault.UNREACHABLE, text) from None
        return connection

    def release(self, connection: Connection) -> None:
        """Give a connection back, whatever became of it."""
        if connection.usable:
            loop = asyncio.get_running_loop()
            connection.idle_since = loop.time()
            self._idle.append(connection)
            if self._sweep is None:
                self._sweep = loop.call_later(IDLE_FOR, self._close_stale)
        self._pass_on()

    def _close_stale(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_FOR
        keep = [connection for connection in self._idle if connection.usable and connection.idle_since > oldest]
        for connection in self._idle:
            if connection.idle_since <= oldest:
                connection.abort()
        self._idle = keep
        self._sweep = loop.call_later(IDLE_FOR, self._close_stale) if keep else None

    def close(self) -> None:
        """Close the idle connections."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._idle:
            self._idle.pop().abort()
