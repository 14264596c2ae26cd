"""A worker's place: the process that fills it now, and what is left of those before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jobgateway.edge.backoff import Backoff
from jobgateway.observe.board import Row
from jobgateway.observe.families import GAUGES
from jobgateway.observe.ledger import Ledger

if TYPE_CHECKING:
    from jobgateway.edge.process import Process


class Place:
    """At most one process at a time. What it counts stays when it ends, and the next one counts on."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.ledger = Ledger()
        self.process: Process | None = None
        self._backoff = Backoff()
        self._starts = 0
        self._spent = 0.0

    @property
    def ready(self) -> bool:
        """Whether the process that fills it accepts connections."""
        return self.process is not None and self.process.ready

    def fill(self, process: Process) -> None:
        """A process was started."""
        self.process = process
        self._starts += 1

    def look(self) -> int | None:
        """How the process ended, as ``os.waitstatus_to_exitcode`` says it; ``None`` while it runs, or there is none."""
        if self.process is None:
            return None
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if not pid:
            return None
        self._spent += usage.ru_utime + usage.ru_stime
        for name, cells in self.ledger.entries():
            if name[0] in GAUGES:  # what was so in that process is so no more
                cells[0] = 0.0
        return os.waitstatus_to_exitcode(status)

    def leave(self) -> float:
        """The process has ended; gives the seconds to wait before the next is started."""
        lived = 0.0 if self.process is None else self.process.lived
        self.process = None
        return self._backoff.after(lived)

    def row(self) -> Row:
        """What the metrics show of it."""
        pid = None if self.process is None else self.process.pid
        return Row(str(self.index), self.ledger, pid, self._starts, self._spent, ready=self.ready)
