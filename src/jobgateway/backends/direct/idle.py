"""Connections that wait for their next request."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from jobgateway.backends.direct.connection import Connection

IDLE_FOR: Final = 4.0
"""Seconds that a connection may be idle: below the 5 s after which common servers close theirs."""


class Idle:
    """Closes what was idle for too long, and never gives it away."""

    def __init__(self) -> None:
        self._connections: deque[Connection] = deque()
        """By when they came."""
        self._sweep: asyncio.TimerHandle | None = None

    def put(self, connection: Connection, now: float) -> None:
        """Take one that carries nothing from now on, by the event loop's clock."""
        connection.idle_since = now
        self._connections.append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_at(now + IDLE_FOR, self._close_stale)

    def take(self) -> Connection | None:
        """The one that came last, so that those that are not needed grow old; none on which anything has come."""
        oldest = asyncio.get_running_loop().time() - IDLE_FOR
        while self._connections:
            connection = self._connections.pop()
            if connection.idle_since > oldest and connection.silent:
                return connection
            connection.abort()
        return None

    def shrink(self, most: int) -> None:
        """Close those that came first, until no more than so many are left."""
        while len(self._connections) > most:
            self._connections.popleft().abort()

    def clear(self) -> None:
        """Close all of them."""
        self.shrink(0)
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def _close_stale(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_FOR
        while self._connections and self._connections[0].idle_since <= oldest:
            self._connections.popleft().abort()
        self._sweep = None
        if self._connections:
            self._sweep = loop.call_at(self._connections[0].idle_since + IDLE_FOR, self._close_stale)
