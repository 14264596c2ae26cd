"""How each worker stands, in memory that its siblings and its supervisor see: its connections, its heartbeat."""

from __future__ import annotations

import mmap
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    Numbers = memoryview[int]

ABSENT: Final = -1
"""Connections of a worker that accepts none."""
FRESH: Final = 1_000_000_000
"""Nanoseconds since its last heartbeat after which a worker is not reckoned with."""
_WORD: Final = 8


class Standing:
    """Two numbers for each worker. Each worker writes its own; nobody waits for anybody."""

    def __init__(self, workers: int) -> None:
        shared = memoryview(mmap.mmap(-1, 2 * workers * _WORD)).cast("q")
        self._connections: Numbers = shared[:workers]
        self._beats: Numbers = shared[workers:]
        for index in range(workers):
            self.leave(index)

    def connected(self, index: int, connections: int) -> None:
        """A worker accepts connections, and has so many."""
        self._connections[index] = connections

    def leave(self, index: int) -> None:
        """A worker accepts no connections any more."""
        self._connections[index] = ABSENT

    def beat(self, index: int) -> None:
        """A worker's loop is running."""
        self._beats[index] = time.monotonic_ns()

    def beats(self, index: int) -> int:
        """What changes with each heartbeat of a worker."""
        return self._beats[index]

    def fewest(self, otherwise: int) -> int:
        """The connections of the worker that has the fewest, of those that run."""
        since = time.monotonic_ns() - FRESH
        workers = zip(self._connections, self._beats, strict=True)
        return min((count for count, beat in workers if count != ABSENT and beat > since), default=otherwise)

    def total(self) -> int:
        """The connections of all workers."""
        return sum(count for count in self._connections if count != ABSENT)
