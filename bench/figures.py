"""Figures as they are measured, and as they are kept."""

from __future__ import annotations

import statistics
from typing import Any

from msgspec import Struct


class Setting(Struct, frozen=True):
    """How much is measured."""

    rounds: int
    seconds: float
    """How long a stretch of load is."""
    warm_up: float
    """Seconds of load before it that do not count."""
    connections: int
    quick: bool = False
    """Whether this run only shows that everything works: its figures say nothing."""


FULL = Setting(rounds=9, seconds=1, warm_up=0.5, connections=32)
"""Short stretches and many rounds: what a machine does in between falls on all alike."""
QUICK = Setting(rounds=1, seconds=0.2, warm_up=0, connections=8, quick=True)


class Figure(Struct, frozen=True):
    """One cell of a table: the same thing measured in every round."""

    table: str
    row: str
    column: str
    unit: str
    values: tuple[float, ...]
    problem: str = ""
    """Why there is no figure; then there are no values."""
    idle: float = 0.0
    """The share of its core that who was measured left unused, where that was told: another was the limit."""

    @property
    def median(self) -> float:
        """The median of all rounds. There must be a value."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half of the distance between least and largest, as a share of the median."""
        return (max(self.values) - min(self.values)) / 2 / self.median if self.median else 0.0


class Results(Struct, frozen=True):
    """A whole run."""

    day: str
    setting: Setting
    machine: dict[str, Any]
    skipped: dict[str, str]
    """Who could not be measured, and why."""
    figures: tuple[Figure, ...]

    def problems(self) -> list[str]:
        """Every figure that there is not, and why."""
        return [f"{each.table}, {each.row}, {each.column}: {each.problem}" for each in self.figures if each.problem]


class Sheet:
    """Collects figures, round by round. A problem in one round leaves no figure of the others."""

    def __init__(self) -> None:
        self._units: dict[tuple[str, str, str], str] = {}
        self._values: dict[tuple[str, str, str], list[float]] = {}
        self._idle: dict[tuple[str, str, str], list[float]] = {}
        self._problems: dict[tuple[str, str, str], str] = {}

    def add(self, place: tuple[str, str, str], unit: str, value: float, *, busy: float = 1.0) -> None:
        """Note a value at a place: its table, row and column. ``busy``: how much of its core was used for it."""
        self._units[place] = unit
        self._values.setdefault(place, []).append(value)
        self._idle.setdefault(place, []).append(max(0.0, 1 - busy))

    def fail(self, place: tuple[str, str, str], problem: str) -> None:
        """Note that there can be no figure here; the first reason is kept."""
        self._units.setdefault(place, "")
        self._problems.setdefault(place, problem)

    def figures(self) -> tuple[Figure, ...]:
        """All figures, in the order in which their places were first used."""
        return tuple(self._figure(place, unit) for place, unit in self._units.items())

    def _figure(self, place: tuple[str, str, str], unit: str) -> Figure:
        if problem := self._problems.get(place):
            return Figure(*place, unit, (), problem)
        idle = statistics.median(self._idle[place])
        return Figure(*place, unit, tuple(self._values[place]), idle=round(idle, 3))
