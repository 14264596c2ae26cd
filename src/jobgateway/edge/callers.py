"""All connections of callers: how many there are, who gives way to a new one, and who is looked at."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from jobgateway.config.model import Limits
from jobgateway.edge.app import Edge
from jobgateway.edge.patience import SETTLED, SWEEP
from jobgateway.outbox import Outbox

HELD: Final = 2
"""How many times as many connections as are served are held, those included that are told that they are too many."""


class Connection(Protocol):
    """One caller's connection, as far as it is one of many."""

    transport: asyncio.Transport

    def look(self, now: float) -> None:
        """End what takes too long."""

    def waited(self, now: float) -> float:
        """Seconds that its caller has owed it something; 0 while it is the gateway's turn."""


class Callers:
    """Who is connected. Nothing here is done per request, but for the first one of a connection."""

    def __init__(self, limits: Limits, edge: Edge) -> None:
        self.limits = limits
        self.edge = edge
        self.outbox = Outbox()
        """Sends all answers."""
        self.admitted: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}
        """Those that have not sent one whole request yet, the longest connected first."""
        self._idle: list[Connection] = []
        """The others that wait, as they were when last gathered, who waited longest last."""
        self._gathered = -SETTLED
        self._sweeping: asyncio.TimerHandle | None = None
        self._default: list[tuple[bytes, bytes]] = []
        self._lines = b""

    def admit(self, connection: Connection, now: float) -> bool:
        """Count a connection in, unless it is one too many and none gives way."""
        if len(self.admitted) >= self.limits.connections and not self._make_room(now):
            return False
        self.admitted.add(connection)
        self._strangers[connection] = None
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP, self._sweep)
        return True

    def know(self, connection: Connection) -> None:
        """A connection has sent a whole request."""
        self._strangers.pop(connection, None)

    def forget(self, connection: Connection) -> None:
        """A connection has ended."""
        self.admitted.discard(connection)
        self._strangers.pop(connection, None)

    def lines_of(self, default: list[tuple[bytes, bytes]]) -> bytes:
        """The lines of the server's default headers, which are another list whenever they say something else."""
        if default is not self._default:
            self._default = default
            self._lines = b"".join([b"%b: %b\r\n" % header for header in default])
        return self._lines

    def _make_room(self, now: float) -> bool:
        """End the connection that is the least loss.

        First who has sent no whole request for a while, then who has sent one and is idle for long, at
        last the oldest of those who have only just come: a request in order follows its connection at
        once, so a flood reaches its own connections first. Who was answered just now is never sent away.
        """
        stranger = next(iter(self._strangers), None)
        if stranger is not None and stranger.waited(now) > SETTLED:
            leaving: Connection | None = stranger
        else:
            leaving = self._longest_idle(now) or stranger
        if leaving is None:
            return False
        self.forget(leaving)
        leaving.transport.abort()
        return True

    def _longest_idle(self, now: float) -> Connection | None:
        """Of those that have sent requests, who has waited longest; they are gathered now and then, not each time."""
        if not self._idle and now - self._gathered >= SETTLED:
            self._gathered = now
            known = self.admitted.difference(self._strangers)
            self._idle = sorted(
                (each for each in known if each.waited(now) > SETTLED), key=lambda each: each.waited(now)
            )
        while self._idle:
            connection = self._idle.pop()
            if connection in self.admitted and connection.waited(now) > SETTLED:
                return connection
        return None

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in list(self.admitted):
            connection.look(now)
        self._sweeping = loop.call_later(SWEEP, self._sweep) if self.admitted else None
