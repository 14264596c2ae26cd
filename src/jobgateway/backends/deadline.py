"""A deadline round everything that one caller's request asks for."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class Deadline:
    """A context whose work is cancelled when its time is up; whether it was, ``passed`` tells afterwards.

    It does what ``asyncio.timeout`` does, for a fraction of what that costs every request.
    """

    __slots__ = ("_cancelling", "_handle", "_seconds", "_task", "passed")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.passed = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task")
        self._task = task
        self._cancelling = task.cancelling()
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._pass)
        return self

    def _pass(self) -> None:
        self.passed = True
        self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        """Swallow the cancellation that came from here, but none that came from elsewhere as well."""
        self._handle.cancel()
        if not self.passed:
            return False
        return self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError
