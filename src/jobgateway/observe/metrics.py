"""Metrics of one process that serves.

They are counted in a ledger, as they happen: another process may read it at any time, even when
this one has been killed.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from typing import TYPE_CHECKING

from jobgateway.observe.exposition import summed, text_of
from jobgateway.observe.families import (
    BACKEND_DURATION,
    BACKEND_REQUESTS,
    BUCKETS,
    DURATION,
    INFLIGHT,
    LOSSES,
    NONE,
    OK,
    REFUSALS,
    REQUESTS,
    SESSION_FAILING,
    SESSION_LOGINS,
    SESSION_LOST,
)
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


class _Alike:
    """Requests or calls that ended alike: what counts them."""

    __slots__ = ("_counters", "_duration")

    def __init__(self, counters: list[Cells], duration: Cells) -> None:
        self._counters = counters
        self._duration = duration

    def count(self, seconds: float) -> None:
        for counter in self._counters:
            counter[0] += 1.0
        self._duration[bisect_left(BUCKETS, seconds)] += 1.0
        self._duration[-1] += seconds


class Metrics:
    """Counts in a ledger; it is both the gateway's observer and a recorder of the edge."""

    def __init__(self, version: str, ledger: Ledger | None = None) -> None:
        self._ledger = ledger or Ledger()
        self._in_use = InUse(version)
        self._inflight = self._cells(INFLIGHT)
        self._now_inflight: Callable[[], int] = int
        self._absences: Absences = {}
        self._ended: dict[tuple[object, ...], _Alike] = {}
        self._calls: dict[tuple[str, str, str], _Alike] = {}

    def served(self, served: Served) -> None:
        """Count one request."""
        key = (served.dialect, served.backend, served.operation, served.status, served.origin, served.reason)
        ended = self._ended.get(key)
        if ended is None:
            ended = self._ended[key] = self._ended_like(served)
        ended.count(served.seconds)

    def backend_call(self, backend: str, operation: Operation, outcome: str, seconds: float) -> None:
        """Count one backend call."""
        key = (backend, operation, outcome)
        calls = self._calls.get(key)
        if calls is None:
            counter = self._cells(BACKEND_REQUESTS, backend, operation.value, str(outcome))
            calls = self._calls[key] = _Alike([counter], self._cells(BACKEND_DURATION, backend))
        calls.count(seconds)

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
        self._ended.clear()
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

    def _ended_like(self, served: Served) -> _Alike:
        dialect, backend = served.dialect or NONE, served.backend or NONE
        operation = served.operation.value if served.operation else NONE
        counters = [self._cells(REQUESTS, dialect, backend, operation, str(served.status), served.origin)]
        if served.reason is not None:
            counters.append(self._cells(REFUSALS, str(served.reason)))
        elif served.operation is not None:
            fields = self._absences.get((dialect, backend), {}).get(served.operation, ())
            counters += [self._cells(LOSSES, dialect, backend, field) for field in fields]
        return _Alike(counters, self._cells(DURATION, dialect, operation))

    def _cells(self, family: Family, *labels: str) -> Cells:
        return self._ledger.cells((family.name, *labels), family.size)
