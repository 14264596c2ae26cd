"""The table of routes: which of them a request's host and path belong to."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from urllib.parse import unquote

from jobgateway.routing.lane import Lane


class Table:
    """All routes, found by the first segments of a path. Immutable."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self._by_start: dict[tuple[str, ...], tuple[Lane, ...]] = {}
        for lane in lanes:
            start = (*lane.route.prefix, *lane.dialect.root)
            self._by_start[start] = (*self._by_start.get(start, ()), lane)
        self._lengths = tuple(sorted({len(start) for start in self._by_start}))

    def find(self, path: str, host: str) -> list[Lane]:
        """The routes that host and path belong to, first match first; whether a caller may is not asked here."""
        segments = path.split("/")[1:]
        if "%" in path:
            segments = [unquote(segment) for segment in segments]
        found = [
            lane
            for length in self._lengths
            for lane in self._by_start.get(tuple(segments[:length]), ())
            if lane.matches_host(host)
        ]
        if len(found) > 1:
            found.sort(key=attrgetter("index"))
        return found
