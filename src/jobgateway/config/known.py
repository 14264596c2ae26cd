"""What the cross-checks go by: what the file says, and the dialects that it can name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from jobgateway.config.findings import Path, closest, shown
from jobgateway.config.report import Report
from jobgateway.config.source import Backend, Caller, Gateway, Route
from jobgateway.translation.dialect import Dialect

Thing = TypeVar("Thing")


class Known(Struct, frozen=True):
    """One file, read but not yet checked. Where it has an error its value is no value: ask ``report`` first."""

    said: Gateway
    dialects: Mapping[str, Dialect | None]
    """By name; ``None``: its own file has errors."""
    report: Report

    def backends(self) -> Iterator[tuple[str, Backend, Path]]:
        """The backends whose own parts can be looked at, each with its path."""
        return self._entries("backends", self.said.backends)

    def callers(self) -> Iterator[tuple[str, Caller, Path]]:
        """The callers whose own parts can be looked at, each with its path."""
        return self._entries("callers", self.said.callers or {})

    def routes(self) -> Iterator[tuple[Route, Path]]:
        """The routes whose own parts can be looked at, each with its path."""
        if self.report.stands(("routes",)):
            for index, route in enumerate(self.said.routes):
                if self.report.stands(("routes", index)):
                    yield route, ("routes", index)

    def dialect_at(self, name: str, path: Path) -> Dialect | None:
        """The dialect that a place names, if both have no error."""
        sound = self.report.sound(path) and self.report.stands(("dialects",))
        return self.dialects.get(name) if sound else None

    def backend_at(self, name: str, path: Path) -> Backend | None:
        """The backend that a place names, if its own parts can be looked at."""
        sound = self.report.sound(path) and self.report.stands(("backends", name))
        return self.said.backends.get(name) if sound else None

    def require(self, noun: str, name: str, path: Path, *, among: str, known: Mapping[str, object]) -> None:
        """Note it if a place, by its value or by its key, names what is not there.

        ``among`` is the section that would have it.
        """
        if self.report.sound(path) and self.report.stands((among,)) and name not in known:
            text = shown(name) if path[-1] == name else self.report.shown(path, name)
            self.report.add(path, f"unknown {noun} {text}", near=closest(name, known))

    def _entries(self, section: str, things: Mapping[str, Thing]) -> Iterator[tuple[str, Thing, Path]]:
        if self.report.stands((section,)):
            for name, thing in things.items():
                if self.report.stands((section, name)):
                    yield name, thing, (section, name)
