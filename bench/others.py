"""How much others work on this machine while a run is taken: they disturb it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")
_IDLE: Final = (3, 4)
"""Where proc_stat(5) has the time in which a processor did nothing: idle, and waiting for a disk."""
_COUNTED: Final = 8
"""User time to stolen time; what follows is counted among these."""


class Others:
    """Counts from when it is made. Our own are this process and all of its children that have ended."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._all, self._own = _all(), _own()

    def cores(self) -> float | None:
        """How many cores others kept busy, on average; ``None`` where the system does not tell."""
        everyone = _all()
        if everyone is None or self._all is None:
            return None
        used = (everyone - self._all) - (_own() - self._own)
        return round(max(0.0, used / (time.monotonic() - self._began)), 2)


def _own() -> float:
    """Seconds of processor time."""
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system


def _all() -> float | None:
    """Seconds of processor time that all cores have spent on anything."""
    try:
        fields = _STAT.read_text(encoding="ascii").splitlines()[0].split()[1:][:_COUNTED]
    except OSError:
        return None
    ticks = sum(int(field) for place, field in enumerate(fields) if place not in _IDLE)
    return ticks / os.sysconf("SC_CLK_TCK")
