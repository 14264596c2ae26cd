"""Deadlines round everything that one caller's request asks for."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class Deadlines:
    """The deadlines of requests that may all take the same time: who begins first has to end first.

    So one timer serves them all, where ``asyncio.timeout`` would start and cancel one for every request.
    """

    __slots__ = ("_loop", "_open", "_seconds", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: dict[Deadline, float] = {}
        """Those that are open, in the order of their ends on the event loop's clock."""
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, deadline: Deadline) -> asyncio.Task[object]:
        """Open one, and give the task that it is for. Raises ``RuntimeError`` where there is none."""
        loop = self._loop  # to ask for the one that runs is a call of the system's
        task = None if loop is None else asyncio.current_task(loop)
        if loop is None or task is None:
            loop = self._loop = asyncio.get_running_loop()
            task = asyncio.current_task(loop)
            if task is None:
                raise RuntimeError("a deadline needs a task")
        self._open[deadline] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)
        return task

    def remove(self, deadline: Deadline) -> None:
        """Close one, whether it has passed or not."""
        self._open.pop(deadline, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Pass those whose time is up, and look again when the next one's will be."""
        now = loop.time()
        self._timer = None
        for deadline, end in list(self._open.items()):
            if end > now:
                self._timer = loop.call_at(end, self._look, loop)
                return
            self.remove(deadline)
            deadline.end()


class Deadline:
    """A context whose work is cancelled when its time is up; whether it was, ``passed`` tells afterwards."""

    __slots__ = ("_cancelling", "_deadlines", "_task", "passed")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self.passed = False

    def __enter__(self) -> Self:
        self._task = task = self._deadlines.add(self)
        self._cancelling = task.cancelling()
        return self

    def end(self) -> None:
        """Its time is up."""
        self.passed = True
        self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        """Swallow the cancellation that came from here, but none that came from elsewhere as well."""
        if not self.passed:
            self._deadlines.remove(self)
            return False
        return self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError
