"""Connections that wait for their next request."""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic
from typing import Final

from jobgateway.backends.direct.connection import Connection

IDLE_FOR: Final = 4.0
"""Seconds that a connection may be idle: below the 5 s after which common servers close theirs."""


class Idle:
    """Closes what was idle for too long, and never gives it away."""

    def __init__(self) -> None:
        self._connections: deque[Connection] = deque()
        """By when they came; times are those of ``time.monotonic``."""
        self._sweep: asyncio.TimerHandle | None = None

    def put(self, connection: Connection, now: float) -> None:
        """Take one that carries nothing from now on."""
        connection.idle_since = now
        self._connections.append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_FOR, self._close_stale)

    def take(self) -> Connection | None:
        """The one that came last, so that those that are not needed grow old; none on which anything has come."""
        connections = self._connections
        oldest = monotonic() - IDLE_FOR
        while connections:
            connection = connections.pop()
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
        oldest = monotonic() - IDLE_FOR
        while self._connections and self._connections[0].idle_since <= oldest:
            self._connections.popleft().abort()
        self._sweep = None
        if self._connections:
            wait = self._connections[0].idle_since - oldest
            self._sweep = asyncio.get_running_loop().call_later(wait, self._close_stale)
