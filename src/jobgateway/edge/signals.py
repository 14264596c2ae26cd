"""What the process is told from outside: SIGHUP reloads, SIGTERM and SIGINT stop, a second of these at once."""

from __future__ import annotations

import asyncio
import os
import signal


class Signals:
    """The signals of this process, as events."""

    def __init__(self) -> None:
        self.reload = asyncio.Event()
        self.stop = asyncio.Event()

    def take_over(self, *, reloads: bool) -> None:
        """Handle the signals in the loop that runs; without ``reloads``, SIGHUP ends the process as ever."""
        loop = asyncio.get_running_loop()
        if reloads:
            loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)

    def _stop(self, number: int) -> None:
        if self.stop.is_set():
            os._exit(128 + number)  # as a shell reports a process that a signal ended
        self.stop.set()
