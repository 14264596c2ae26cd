"""What the process is told from outside: SIGHUP reloads, SIGTERM and SIGINT stop, a second of these at once."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ENDING: Final = (signal.SIGTERM, signal.SIGINT)
HELD: Final = (signal.SIGHUP, *ENDING)


def hold() -> None:
    """Let signals wait until they are taken over."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)


class Signals:
    """The signals of this process, as events."""

    def __init__(self, last: Callable[[], None] | None = None) -> None:
        """``last``: what is still done before the process ends at once."""
        self.reload = asyncio.Event()
        self.stop = asyncio.Event()
        self._last = last

    def take_over(self, *, reloads: bool, ending: Iterable[int] = ENDING) -> None:
        """Handle the signals in the loop that runs; without ``reloads``, SIGHUP ends the process as ever."""
        loop = asyncio.get_running_loop()
        if reloads:
            loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        for number in ending:
            loop.add_signal_handler(number, self._stop, number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)

    def _stop(self, number: int) -> None:
        if self.stop.is_set():
            if self._last is not None:
                self._last()
            os._exit(128 + number)  # as a shell reports a process that a signal ended
        self.stop.set()
