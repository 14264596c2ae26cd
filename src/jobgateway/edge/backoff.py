"""How long to wait before a worker's place is filled again."""

from __future__ import annotations

from typing import Final

LONG: Final = 10.0
"""Seconds; one that lived so long did not die of its start."""
FIRST: Final = 0.25
"""Seconds to wait after the first short life; they double with each further one."""
MOST: Final = 30.0


class Backoff:
    """Waits longer the more often a worker dies young, so that starting never fills the machine."""

    def __init__(self) -> None:
        self._pause = FIRST

    def after(self, lived: float) -> float:
        """Seconds to wait after a worker that has lived so long."""
        if lived >= LONG:
            self._pause = FIRST
            return 0.0
        pause, self._pause = self._pause, min(2 * self._pause, MOST)
        return pause
