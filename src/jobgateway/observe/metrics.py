"""Metrics of one process that serves.

They are counted in a ledger, as they happen: another process may read it at any time, even when
this one has been killed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jobgateway.observe import endings
from jobgateway.observe.exposition import summed, text_of
from jobgateway.observe.families import INFLIGHT, NONE, OK, SESSION_FAILING, SESSION_LOGINS, SESSION_LOST
from jobgateway.observe.in_use import InUse
from jobgateway.observe.ledger import Ledger
from jobgateway.observe.processes import shown_of, usage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobgateway.observe.families import Family
    from jobgateway.observe.ledger import Cells
    from jobgateway.observe.observer import Served
    from jobgateway.translation.hub import Operation

    Pair = tuple[str, str]
    """A caller's dialect and a backend's name."""
    Absences = dict[Pair, dict[Operation, tuple[str, ...]]]
    """The fields that a pair's answers to an operation lack."""


class Metrics:
    """Counts in a ledger; it is both the gateway's observer and a recorder of the edge."""

    def __init__(self, version: str, ledger: Ledger | None = None) -> None:
        self._ledger = ledger or Ledger()
        self._in_use = InUse(version)
        self._inflight = self._cells(INFLIGHT)
        self._now_inflight: Callable[[], int] = int
        self._absences: Absences = {}
        self._requests: dict[tuple[object, ...], Cells] = {}
        self._calls: dict[tuple[str, str, str], Cells] = {}

    def served(self, served: Served) -> None:
        """Count one request."""
        key = (served.dialect, served.backend, served.operation, served.status, served.origin, served.reason)
        numbers = self._requests.get(key)
        if numbers is None:
            way = endings.of_request(served, self._lacked(served))
            numbers = self._requests[key] = self._ledger.cells(way, endings.SIZE)
        endings.count(numbers, served.seconds)

    def backend_call(self, backend: str, operation: Operation, outcome: str, seconds: float) -> None:
        """Count one backend call."""
        key = (backend, operation, outcome)
        numbers = self._calls.get(key)
        if numbers is None:
            way = endings.of_call(backend, operation, outcome)
            numbers = self._calls[key] = self._ledger.cells(way, endings.SIZE)
        endings.count(numbers, seconds)

    def logged_in(self, backend: str, outcome: str) -> None:
        """Count one login, and note whether it failed."""
        self._cells(SESSION_LOGINS, backend, str(outcome))[0] += 1.0
        self._cells(SESSION_LOST, backend)  # a series that is there from the start shows its first change
        self._cells(SESSION_FAILING, backend)[0] = float(outcome != OK)

    def session_lost(self, backend: str) -> None:
        """Count one token that was refused before its time."""
        self._cells(SESSION_LOST, backend)[0] += 1.0

    def session_closed(self, backend: str) -> None:
        """What fails nowhere any more is not failing; a session that took its place will tell of itself."""
        self._cells(SESSION_FAILING, backend)[0] = 0.0

    def inflight_from(self, count: Callable[[], int]) -> None:
        """Ask ``count`` for the requests that are being answered, whenever metrics are settled."""
        self._now_inflight = count

    def settle(self) -> None:
        """Write down what is known only by asking."""
        self._inflight[0] = self._now_inflight()

    def lacking(self, absences: Mapping[Pair, dict[Operation, tuple[str, ...]]]) -> None:
        """From now on, count these fields as lost."""
        self._requests.clear()
        self._absences = dict(absences)

    def config_loaded(self, digest: str, absences: Mapping[Pair, dict[Operation, tuple[str, ...]]], at: float) -> None:
        """A configuration is in use since ``at`` (seconds since the epoch)."""
        self.lacking(absences)
        self._in_use.loaded(digest, at)

    def config_refused(self) -> None:
        """A reload failed: the configuration before it stays in use."""
        self._in_use.refused()

    def exposition(self) -> bytes:
        """All metrics of this process, in Prometheus' text format 0.0.4."""
        self.settle()
        usage = usage_of(os.getpid())
        processes = [] if usage is None else shown_of([usage])
        return text_of([*processes, *summed([self._ledger]), *self._in_use.shown()])

    def _lacked(self, served: Served) -> tuple[str, ...]:
        """The fields that an answer like this one lacks."""
        if served.reason is not None or served.operation is None:
            return ()
        pair = (served.dialect or NONE, served.backend or NONE)
        return self._absences.get(pair, {}).get(served.operation, ())

    def _cells(self, family: Family, *labels: str) -> Cells:
        return self._ledger.cells((family.name, *labels), family.size)
