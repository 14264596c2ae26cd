"""Requests that no route is for, and in whose words strangers are turned away from them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from jobgateway.routing.lane import Lane


class Strays:
    """Tells paths that look like a guarded route's, under another prefix or host. Immutable.

    A stranger is told there what the route would tell, and so does not learn which prefixes and hosts there are.
    """

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self._by_root: dict[tuple[str, ...], Lane] = {}
        for lane in lanes:
            if not lane.route.open:
                self._by_root.setdefault(lane.dialect.root, lane)

    def lane_like(self, path: str) -> Lane | None:
        """The first guarded route whose dialect's paths begin as this one goes on somewhere."""
        segments = [unquote(segment) for segment in path.split("/")[1:]]
        starts = {tuple(segments[at : at + len(root)]) for root in self._by_root for at in range(len(segments))}
        return next((lane for root, lane in self._by_root.items() if root in starts), None)
