"""How long callers may take, with everything that they do.

These are constants, for each has one sensible value: far above what a caller in order needs, far
below what keeps a place from others. Whoever wants other ones has a proxy in front.
"""

from __future__ import annotations

from typing import Final

SWEEP: Final = 0.5
"""Seconds between looks at who is idle or slow: one timer for all connections costs a request nothing."""
HEAD_WITHIN: Final = 10.0
"""Seconds for the whole head of a request, from its first byte; and for a new connection's first byte."""
BODY_WITHIN: Final = 10.0
"""Seconds for the whole body, from the head's end; also for one that is too large and dropped."""
KEEP_ALIVE: Final = 75.0
"""Seconds that an idle connection is kept: longer than the proxies that usually stand in front keep theirs."""
SETTLED: Final = 1.0
"""Seconds after which a connection that waits is not about to go on, most likely: it gives way to another."""
GOODBYE: Final = 1.0
"""Seconds that the other side of an idle connection has to end TLS, too."""
TURNED_AWAY: Final = 1.0
"""Seconds after which a connection beyond the limit is cut, answered or not."""
TAKES_WITHIN: Final = 10.0
"""Seconds in which who is behind with reading its answers must take ``LEAST_TAKEN`` of them."""
LEAST_TAKEN: Final = 16 * 1024
"""Bytes. To count only whether any were taken would let one byte at a time hold an answer for hours."""


class Stall:
    """A caller behind with reading: what it has not taken yet, and since when."""

    __slots__ = ("_left", "_since")

    def __init__(self, now: float, left: int) -> None:
        """``left``: bytes that wait to be sent."""
        self._since = now
        self._left = left

    def too_long(self, now: float, left: int) -> bool:
        """Whether too little was taken for too long; nothing is added to what is left meanwhile."""
        if now - self._since <= TAKES_WITHIN:
            return False
        taken = self._left - left
        self._since, self._left = now, left
        return taken < LEAST_TAKEN
