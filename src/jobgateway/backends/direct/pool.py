"""The connections to one backend: how many at once, who is next, and which are kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from time import monotonic

from jobgateway.backends.direct.connection import Connection
from jobgateway.backends.direct.idle import Idle
from jobgateway.backends.direct.manners import WATCH, Manners
from jobgateway.backends.transport import Fault, TransportError


class Pool:
    """At most ``connections`` are open, idle ones included; ``waiting`` requests may wait, first come, first served.

    Who is given a connection has a slot, and gives both back with ``release``.
    """

    def __init__(
        self, open_one: Callable[[], Awaitable[Connection]], manners: Manners, *, connections: int, waiting: int
    ) -> None:
        """``open_one`` opens a connection, or raises ``TransportError``."""
        self._open_one = open_one
        self._manners = manners
        self._free = connections
        self._most_waiting = waiting
        self._waiters: OrderedDict[asyncio.Future[None], None] = OrderedDict()
        """None of them waits while a slot is free."""
        self._idle = Idle()
        """No more than there are slots free, or about to be taken by a waiter."""
        self._watched: tuple[Connection, asyncio.TimerHandle] | None = None
        """It keeps its slot."""
        self._closed = False

    def take(self) -> Connection | None:
        """A kept connection of one's own, where there is one at once."""
        if not self._free or not self._manners.trusted:
            return None
        connection = self._idle.take()
        if connection is not None:
            self._free -= 1
        return connection

    async def acquire(self, *, fresh: bool) -> Connection:
        """A connection of one's own, as soon as there is one; ``fresh``: one that has carried nothing yet.

        Raises ``TransportError``: busy, or unreachable.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            connection = None if fresh else self._reuse()
            return connection or await self.replace()
        except BaseException:
            self._pass_on()
            raise

    async def replace(self) -> Connection:
        """A fresh connection for a slot that one has; what is idle makes room for it.

        Raises ``TransportError``: unreachable.
        """
        self._idle.shrink(self._free)
        return await self._open_one()

    def release(self, connection: Connection) -> None:
        """Give a connection back, whatever became of it."""
        if connection.usable and not self._closed:
            now = monotonic()
            if self._watched is None and self._manners.may_watch(now):
                self._watched = connection, asyncio.get_running_loop().call_later(WATCH, self._end_watch)
                return
            if self._manners.trusted:
                self._idle.put(connection, now)
                self._pass_on()
                return
        connection.abort()
        self._pass_on()

    def close(self) -> None:
        """Close the idle connections, and from now on every one that is given back."""
        self._closed = True
        self._idle.clear()
        self._end_watch()

    def _reuse(self) -> Connection | None:
        if not self._manners.trusted:
            self._idle.clear()
        return self._idle.take()

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

    def _end_watch(self) -> None:
        if self._watched is None:
            return
        (connection, timer), self._watched = self._watched, None
        timer.cancel()
        if connection.silent:
            self._manners.pass_watch(monotonic())
        else:
            connection.abort()
        self.release(connection)
