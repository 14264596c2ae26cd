"""What the kernel counts of a process, where it tells: proc_pid_stat(5)."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from jobgateway.observe.exposition import one
from jobgateway.observe.families import CPU, MOST_FILES, OPEN_FILES, RESIDENT, STARTED, VIRTUAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobgateway.observe.exposition import Shown

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Usage(Struct, frozen=True):
    """A process's share of the machine: seconds, bytes, descriptors."""

    cpu: float
    resident: int
    virtual: int
    files: int
    started: float
    """Seconds after the machine's start."""


def usage_of(pid: int) -> Usage | None:
    """What a process uses; ``None`` where it has ended, or the system does not tell."""
    place = _PROC / str(pid)
    with suppress(OSError):
        fields = (place / "stat").read_text("ascii", "replace").rpartition(")")[2].split()  # a name may hold anything
        return Usage(
            cpu=(int(fields[11]) + int(fields[12])) / _TICKS,
            resident=int(fields[21]) * resource.getpagesize(),
            virtual=int(fields[20]),
            files=sum(1 for _ in (place / "fd").iterdir()),
            started=int(fields[19]) / _TICKS,
        )
    return None


def shown_of(usages: Sequence[Usage], spent: float = 0.0) -> list[Shown]:
    """The metrics of processes together, the first one being the oldest; ``spent``: seconds of those that ended."""
    if not usages:
        return []
    return [
        one(CPU, spent + sum(usage.cpu for usage in usages)),
        one(RESIDENT, sum(usage.resident for usage in usages)),
        one(VIRTUAL, sum(usage.virtual for usage in usages)),
        one(OPEN_FILES, sum(usage.files for usage in usages)),
        one(MOST_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        one(STARTED, _booted() + usages[0].started),
    ]


def _booted() -> int:
    """When the machine was started, in seconds since 1970."""
    lines = (_PROC / "stat").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("btime "))
