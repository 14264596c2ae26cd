"""Whether a backend says more than it is asked, and so whether its connections are kept.

Bytes that nobody asked for are seen where they come on a connection that is idle. On one that is in use again they
are its next answer: HTTP/1.1 has no means to tell. So one connection is watched before any is kept, one again from
time to time, and none is kept for a while after unasked bytes came.
"""

from __future__ import annotations

from time import monotonic
from typing import Final

WATCH: Final = 0.1
"""Seconds for which a connection is watched after its answer: longer than a second answer would be late."""
WATCH_AGAIN: Final = 5.0
"""Seconds from one watch to the next."""
DISTRUST: Final = 60.0
"""Seconds after an offence in which no connection is kept."""


class Manners:
    """What is known of one backend. Times are those of ``time.monotonic``."""

    __slots__ = ("_watch_from", "trusted")

    def __init__(self) -> None:
        self.trusted = False
        """Whether connections are kept."""
        self._watch_from = float("-inf")

    def may_watch(self, now: float) -> bool:
        """Whether a watch is due."""
        return now >= self._watch_from

    def pass_watch(self, now: float) -> None:
        """A connection was watched and nothing came; that proves nothing where something came elsewhere meanwhile."""
        if self.may_watch(now):
            self.trusted = True
            self._watch_from = now + WATCH_AGAIN

    def offend(self) -> None:
        """Bytes came that nobody asked for."""
        self.trusted = False
        self._watch_from = monotonic() + DISTRUST
