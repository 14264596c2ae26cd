"""What a process holds in memory, as the system tells it in /proc."""

from __future__ import annotations

import contextlib
from pathlib import Path

TOLD = Path("/proc/self/clear_refs").exists()
"""Whether this system tells."""


def resident(pid: int, what: str = "VmRSS") -> int:
    """Bytes of memory: now, or with ``VmHWM`` at the most so far."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines[what].split()[0]) * 1024


class Growth:
    """By how much a process grows at the most, from now on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        with contextlib.suppress(OSError):  # then what it once was at the most counts as well
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._before = resident(pid)

    def most(self) -> int:
        return max(0, resident(self._pid, "VmHWM") - self._before)
