"""The table of routes: which of them a request's host and path belong to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Final
from urllib.parse import unquote

from jobgateway.routing.lane import Lane

_SHORT: Final = 256
"""The most characters of a host and a path's start that are remembered."""
_REMEMBERED: Final = 256
"""How many starts are remembered, the last that were asked for."""


class Table:
    """All routes, found by the first segments of a path. Immutable."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        lanes = tuple(lanes)
        self.hosted = any(lane.route.host is not None for lane in lanes)
        """Whether the host matters to any of them."""
        self._by_start: dict[tuple[str, ...], tuple[Lane, ...]] = {}
        for lane in lanes:
            start = (*lane.route.prefix, *lane.dialect.root)
            self._by_start[start] = (*self._by_start.get(start, ()), lane)
        self._lengths = tuple(sorted({len(start) for start in self._by_start}))
        self._most = 1 + max(self._lengths, default=0)
        """Segments of a path that matter here, the empty one before the first slash included."""
        self._find_short = lru_cache(_REMEMBERED)(self._find)

    def find(self, path: str, host: str) -> tuple[Lane, ...]:
        """The routes that host and path belong to, first match first; whether a caller may is not asked here."""
        start = "/".join(path.split("/", self._most)[: self._most])
        return (self._find_short if len(start) + len(host) <= _SHORT else self._find)(start, host)

    def _find(self, start: str, host: str) -> tuple[Lane, ...]:
        """The same of a path of which no more matters than this."""
        segments = tuple(start.split("/"))
        if "%" in start:
            segments = tuple([unquote(segment) for segment in segments])
        found: tuple[Lane, ...] = ()
        for length in self._lengths:
            found += self._by_start.get(segments[1 : length + 1], ())
        if self.hosted:
            found = tuple([lane for lane in found if lane.matches_host(host)])
        if len(found) > 1:
            found = tuple(sorted(found, key=attrgetter("index")))
        return found
