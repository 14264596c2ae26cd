"""The families of metrics: what each is called, what it counts, and what its labels hold.

Labels hold names from the configuration, closed words, status codes and the numbers of workers, so
their number is bounded whatever callers send; ``none`` stands where there is no name.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the histograms, in seconds."""
NONE: Final = "none"
OK: Final = "ok"
"""The outcome of what ended well."""


class Family(Struct, frozen=True):
    """Series of one meaning."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    labels: tuple[str, ...] = ()
    prefix: str = "jobgateway_"

    @property
    def size(self) -> int:
        """How many numbers a series has: a histogram one for each bucket, one beyond them, and the sum."""
        return len(BUCKETS) + 2 if self.kind == "histogram" else 1


REQUESTS: Final = Family(
    "requests_total",
    "counter",
    "Requests by how they ended.",
    ("dialect", "backend", "operation", "code", "origin"),
)
DURATION: Final = Family(
    "request_duration_seconds", "histogram", "Seconds until the answer was made.", ("dialect", "operation")
)
BACKEND_REQUESTS: Final = Family(
    "backend_requests_total", "counter", "Backend calls by outcome.", ("backend", "operation", "outcome")
)
BACKEND_DURATION: Final = Family(
    "backend_request_duration_seconds", "histogram", "Seconds of a backend call.", ("backend",)
)
REFUSALS: Final = Family("refusals_total", "counter", "Requests refused, by reason.", ("reason",))
LOSSES: Final = Family(
    "losses_total", "counter", "Answers that lacked a field of the caller's.", ("dialect", "backend", "field")
)
INFLIGHT: Final = Family("inflight_requests", "gauge", "Requests that are being answered.")
SESSION_LOGINS: Final = Family(
    "session_logins_total", "counter", "Logins of the gateway at a backend, by outcome.", ("backend", "outcome")
)
SESSION_LOST: Final = Family(
    "session_lost_total", "counter", "Tokens that a backend refused before their time.", ("backend",)
)
SESSION_FAILING: Final = Family(
    "session_failing", "gauge", "How many processes could not log in at a backend, by their last try.", ("backend",)
)
SERIES_DROPPED: Final = Family("series_dropped_total", "counter", "Series that there was no room to count.")

COUNTED: Final = (
    REQUESTS,
    DURATION,
    BACKEND_REQUESTS,
    BACKEND_DURATION,
    REFUSALS,
    LOSSES,
    INFLIGHT,
    SESSION_LOGINS,
    SESSION_LOST,
    SESSION_FAILING,
    SERIES_DROPPED,
)
"""What a process that serves writes in its ledger."""
GAUGES: Final = frozenset(family.name for family in COUNTED if family.kind == "gauge")
"""Those of them that tell how a process is now."""

RELOAD_SUCCESSFUL: Final = Family("config_last_reload_successful", "gauge", "1 where the last (re)load succeeded.")
LOADED_AT: Final = Family(
    "config_last_reload_success_timestamp_seconds", "gauge", "When the configuration in use was loaded."
)
CONFIG: Final = Family("config_info", "gauge", "The configuration in use, secrets left out.", ("hash",))
BUILD: Final = Family("build_info", "gauge", "The release that runs.", ("version",))

WORKER_REQUESTS: Final = Family(
    "worker_requests_total", "counter", "Requests by the worker that answered.", ("worker",)
)
WORKER_STARTS: Final = Family("worker_starts_total", "counter", "Processes started in a worker's place.", ("worker",))
WORKER_READY: Final = Family("worker_ready", "gauge", "1 where the worker accepts connections.", ("worker",))
WORKER_CPU: Final = Family(
    "worker_cpu_seconds_total", "counter", "Processor time of a worker and those before it in its place.", ("worker",)
)
WORKER_RESIDENT: Final = Family(
    "worker_resident_memory_bytes", "gauge", "Memory of a worker, with what it shares.", ("worker",)
)

CPU: Final = Family("cpu_seconds_total", "counter", "Processor time, over all processes.", (), "process_")
RESIDENT: Final = Family(
    "resident_memory_bytes", "gauge", "Memory, over all processes; what they share counts in each.", (), "process_"
)
VIRTUAL: Final = Family("virtual_memory_bytes", "gauge", "Virtual memory, over all processes.", (), "process_")
OPEN_FILES: Final = Family("open_fds", "gauge", "Open file descriptors, over all processes.", (), "process_")
MOST_FILES: Final = Family("max_fds", "gauge", "The most file descriptors of one process.", (), "process_")
STARTED: Final = Family("start_time_seconds", "gauge", "When it was started, in seconds since 1970.", (), "process_")
