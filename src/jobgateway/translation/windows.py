"""Window arithmetic: which pages of a backend cover a stretch of a list."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Struct

from jobgateway.translation.hub import Window

FARTHEST: Final = 2**53
"""Every list is shorter, and no page is asked for beyond: a backend's own numbers might overflow."""
REACHED_BY_NONE: Final = FARTHEST // 2
"""A page that ends beyond belongs to no real list."""


class Cover(Struct, frozen=True, gc=False):
    """Pages of one size, one after the other, from ``start`` to ``end``; the last may be smaller."""

    start: int
    size: int
    end: int

    def page(self, index: int) -> Window:
        """The page at an index, counted from 0."""
        offset = self.start + index * self.size
        return Window(offset, min(self.size, self.end - offset))

    def pages_before(self, bound: int) -> int:
        """How many of the pages begin before a position of the list."""
        return max(0, -((self.start - min(bound, self.end)) // self.size))


def is_page(window: Window, largest: int, *, any_offset: bool) -> bool:
    """Whether a backend gives this window in one call, with nothing to cut."""
    return 0 < window.limit <= largest and window.end <= FARTHEST and (any_offset or window.offset % window.limit == 0)


@lru_cache(maxsize=1024)
def covering(window: Window, largest: int, *, any_offset: bool) -> Cover:
    """The fewest pages that hold a window, and of those the ones that hold least besides it.

    Pages of one size may begin only at its multiples, unless the backend takes any offset. Then
    the fewest that can do is sometimes one more than fit side by side, never two.
    """
    if any_offset:
        return Cover(window.offset, min(window.limit, largest), window.end)
    fewest = _divide_up(window.limit, largest)
    return next(
        Cover(window.offset // size * size, size, (window.offset // size + count) * size)
        for count in (fewest, fewest + 1)
        for size in range(_divide_up(window.limit, count), min(largest, window.end) + 1)
        if (window.end - 1) // size - window.offset // size < count
    )


def whole_list(size: int) -> Cover:
    """Pages of one size over any list."""
    return Cover(0, size, FARTHEST - FARTHEST % size)


def farthest_page(size: int) -> Window:
    """The last page of a size that may be asked for; no list reaches it."""
    return Window((FARTHEST // size - 1) * size, size)


def mirrored(window: Window, total: int) -> Window | None:
    """The window that holds the same jobs in the reverse of a list of ``total`` jobs; ``None`` if it holds none."""
    first, end = max(0, total - window.end), total - window.offset
    return Window(first, end - first) if end > first else None


def _divide_up(number: int, divisor: int) -> int:
    return -(-number // divisor)
