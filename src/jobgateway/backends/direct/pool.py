"""The connections to one backend: how many at once, which is next, how long they may be idle."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Final

from jobgateway.backends.direct.connection import Connection
from jobgateway.backends.transport import Fault, TransportError

IDLE_FOR: Final = 4.0
"""Seconds that a connection may be idle: below the 5 s after which common servers close theirs."""


class Pool:
    """At most ``connections`` are open, idle ones included; ``waiting`` requests may wait, first come, first served.

    Who is given a connection has a slot, and gives it back with ``release``.
    """

    def __init__(self, open_one: Callable[[], Awaitable[Connection]], *, connections: int, waiting: int) -> None:
        """``open_one`` opens a connection, or raises ``TransportError``."""
        self._open_one = open_one
        self._free = connections
        self._most_waiting = waiting
        self._idle: deque[Connection] = deque()
        """By when they became idle; no more than free slots, but for those that a waiter is about to take."""
        self._waiters: OrderedDict[asyncio.Future[None], None] = OrderedDict()
        """None of them waits while a slot is free."""
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    async def acquire(self, *, fresh: bool) -> Connection:
        """A connection of one's own; ``fresh``: one that has carried nothing yet.

        Raises ``TransportError``: busy, or unreachable.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            connection = None if fresh else self._reuse()
            return connection or await self._open()
        except BaseException:
            self._pass_on()
            raise

    async def replace(self) -> Connection:
        """A fresh connection in the slot of one that broke. Raises ``TransportError``: unreachable."""
        return await self._open()

    def release(self, connection: Connection) -> None:
        """Give the slot back, and with it the connection, whatever became of it."""
        if self._closed:
            connection.abort()
        elif connection.usable:
            loop = asyncio.get_running_loop()
            connection.idle_since = loop.time()
            self._idle.append(connection)
            if self._sweep is None:
                self._sweep = loop.call_later(IDLE_FOR, self._close_stale)
        self._pass_on()

    def close(self) -> None:
        """Close the idle connections, and from now on every one that is given back."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._idle:
            self._idle.pop().abort()

    async def _wait(self) -> None:
        """Wait for a slot; it is handed over by whoever gives one back."""
        if len(self._waiters) >= self._most_waiting:
            raise TransportError(Fault.BUSY, "too many requests wait for a connection to it")
        waiter = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._pass_on()  # the slot came, but nobody is left to use it
            else:
                self._waiters.pop(waiter, None)
            raise

    def _pass_on(self) -> None:
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def _reuse(self) -> Connection | None:
        """The connection that was idle for the shortest time, so that those that are not needed grow old."""
        oldest = asyncio.get_running_loop().time() - IDLE_FOR
        while self._idle:
            connection = self._idle.pop()
            if connection.idle_since > oldest and connection.silent:
                return connection
            connection.abort()
        return None

    async def _open(self) -> Connection:
        while len(self._idle) > self._free:
            self._idle.popleft().abort()
        return await self._open_one()

    def _close_stale(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_FOR
        while self._idle and self._idle[0].idle_since <= oldest:
            self._idle.popleft().abort()
        self._sweep = None
        if self._idle:
            self._sweep = loop.call_at(self._idle[0].idle_since + IDLE_FOR, self._close_stale)
