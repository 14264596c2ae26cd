"""Callers who go away while they wait: what was being done for them is cancelled.

Watching a connection costs a task. Most requests are answered long before that would pay, so
only those that have waited for two sweeps are watched.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

    from jobgateway.asgi import Receive

SWEEP: Final = 0.05
"""Seconds between sweeps, so watching begins after 50 to 100 ms."""


class Departures:
    """Notices departures among the requests that are waiting."""

    def __init__(self) -> None:
        self._fresh: set[Wait] = set()
        self._seen: set[Wait] = set()
        self._armed = False

    def wait(self, receive: Receive) -> Wait:
        """A context whose work ends early where the caller goes away; its body has been received."""
        return Wait(self, receive)

    def enter(self, wait: Wait) -> None:
        """A request begins to wait."""
        self._fresh.add(wait)
        if not self._armed:
            self._arm()

    def leave(self, wait: Wait) -> None:
        """A request waits no longer."""
        self._fresh.discard(wait)
        self._seen.discard(wait)

    def _arm(self) -> None:
        self._armed = True
        asyncio.get_running_loop().call_later(SWEEP, self._sweep)

    def _sweep(self) -> None:
        self._armed = False
        for wait in self._seen:
            wait.watch()
        self._seen, self._fresh = self._fresh, set()
        if self._seen:
            self._arm()


class Wait:
    """One request's wait for its answer.

    It is ended by ``Task.cancel``, once, and not by a cancel scope, which every request would pay for.
    """

    __slots__ = ("_departures", "_gone", "_receive", "_task", "_watch")

    def __init__(self, departures: Departures, receive: Receive) -> None:
        self._departures = departures
        self._receive = receive
        self._task: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._gone = False

    def watch(self) -> None:
        """Look after the caller from now on."""
        self._watch = asyncio.get_running_loop().create_task(self._end_with_caller())

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._departures.enter(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        """Swallow the cancellation that came from here, but none that came from elsewhere as well."""
        self._departures.leave(self)
        if self._watch is not None:
            self._watch.cancel()
        if not self._gone or self._task is None:
            return False
        return not self._task.uncancel() and kind is asyncio.CancelledError

    async def _end_with_caller(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        if self._task is not None:
            self._gone = True
            self._task.cancel()
