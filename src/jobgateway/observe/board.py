"""The metrics of several workers, told as those of one server, and what sets each apart."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from jobgateway.observe.endings import series_of
from jobgateway.observe.exposition import summed, text_of
from jobgateway.observe.families import (
    REQUESTS,
    WORKER_CPU,
    WORKER_READY,
    WORKER_REQUESTS,
    WORKER_RESIDENT,
    WORKER_STARTS,
)
from jobgateway.observe.in_use import InUse
from jobgateway.observe.processes import Usage, shown_of, usage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobgateway.observe.exposition import Shown
    from jobgateway.observe.ledger import Ledger


class Row(Struct, frozen=True):
    """One worker's place."""

    name: str
    ledger: Ledger
    pid: int | None
    starts: int
    spent: float
    """Seconds of processor time of the processes that were here before."""
    ready: bool


class Board:
    """Reads the ledgers of workers; none of them is asked, so none can keep it waiting."""

    def __init__(self, version: str, rows: Callable[[], Sequence[Row]]) -> None:
        self._rows = rows
        self._in_use = InUse(version)

    def config_loaded(self, digest: str, at: float) -> None:
        """All workers use a configuration since ``at`` (seconds since 1970)."""
        self._in_use.loaded(digest, at)

    def config_refused(self) -> None:
        """A reload failed: the configuration before it stays in use."""
        self._in_use.refused()

    def exposition(self) -> bytes:
        """All metrics, in Prometheus' text format 0.0.4."""
        rows = self._rows()
        usages = [None if row.pid is None else usage_of(row.pid) for row in rows]
        own = usage_of(os.getpid())
        known = [usage for usage in (own, *usages) if usage is not None]
        return text_of(
            [
                *shown_of(known, sum(row.spent for row in rows)),
                *summed(row.ledger for row in rows),
                *self._in_use.shown(),
                *_by_worker(rows, usages),
            ]
        )


def _by_worker(rows: Sequence[Row], usages: Sequence[Usage | None]) -> Iterator[Shown]:
    yield WORKER_REQUESTS, {(row.name,): (_requests(row.ledger),) for row in rows}
    yield WORKER_STARTS, {(row.name,): (row.starts,) for row in rows}
    yield WORKER_READY, {(row.name,): (row.ready,) for row in rows}
    pairs = list(zip(rows, usages, strict=True))
    yield WORKER_CPU, {(row.name,): (row.spent + (usage.cpu if usage else 0.0),) for row, usage in pairs}
    yield WORKER_RESIDENT, {(row.name,): (usage.resident,) for row, usage in pairs if usage}


def _requests(ledger: Ledger) -> float:
    shown = (series for entry in ledger.entries() for series in series_of(*entry))
    return sum(numbers[0] for name, numbers in shown if name[0] == REQUESTS.name)
