"""Metrics of one server, in Prometheus' text format.

Labels hold names from the configuration, closed words and status codes, so their number is
bounded whatever callers send; ``none`` stands where there is no name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobgateway.observe.observer import Served
    from jobgateway.translation.hub import Operation

MEDIA: Final = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the histograms, in seconds."""

Pair = tuple[str, str]
"""A caller's dialect and a backend's name."""
Absences = dict[Pair, dict["Operation", tuple[str, ...]]]
"""The fields that a pair's answers to an operation lack."""


class _Ended:
    """Requests that ended alike. They are counted here, and in the registry when it is read."""

    __slots__ = ("_counters", "count", "observe")

    def __init__(self, counters: list[Counter], duration: Histogram) -> None:
        self._counters = counters
        self.count = 0
        self.observe = duration.observe

    def settle(self) -> None:
        for counter in self._counters:
            counter.inc(self.count)
        self.count = 0


class _BackendCalls(Struct, frozen=True):
    counter: Counter
    duration: Histogram


class Metrics:
    """The metrics of one server; it is both the gateway's observer and a recorder of the edge."""

    def __init__(self, version: str) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = _counter(
            registry, "requests", "Requests by how they ended.", "dialect", "backend", "operation", "code", "origin"
        )
        self._duration = _histogram(registry, "request", "Seconds until the answer was made.", "dialect", "operation")
        self._backend_requests = _counter(
            registry, "backend_requests", "Backend calls by outcome.", "backend", "operation", "outcome"
        )
        self._backend_duration = _histogram(registry, "backend_request", "Seconds of a backend call.", "backend")
        self._refusals = _counter(registry, "refusals", "Requests refused, by reason.", "reason")
        self._losses = _counter(
            registry, "losses", "Answers that lacked a field of the caller's.", "dialect", "backend", "field"
        )
        self._inflight = _gauge(registry, "inflight_requests", "Requests that are being answered.")
        self._successful = _gauge(registry, "config_last_reload_successful", "1 where the last (re)load succeeded.")
        self._loaded_at = _gauge(
            registry, "config_last_reload_success_timestamp_seconds", "When the configuration in use was loaded."
        )
        self._config = _gauge(registry, "config_info", "The configuration in use, secrets left out.", "hash")
        _gauge(registry, "build_info", "The release that runs.", "version").labels(version).set(1)
        self._absences: Absences = {}
        self._ended: dict[tuple[object, ...], _Ended] = {}
        self._calls: dict[tuple[str, str, str], _BackendCalls] = {}

    def served(self, served: Served) -> None:
        """Count one request."""
        key = (served.dialect, served.backend, served.operation, served.status, served.origin, served.reason)
        ended = self._ended.get(key)
        if ended is None:
            ended = self._ended[key] = self._ended_like(served)
        ended.count += 1
        ended.observe(served.seconds)

    def backend_call(self, backend: str, operation: Operation, outcome: str, seconds: float) -> None:
        """Count one backend call."""
        key = (backend, operation, outcome)
        calls = self._calls.get(key)
        if calls is None:
            counter = self._backend_requests.labels(backend, operation.value, str(outcome))
            calls = self._calls[key] = _BackendCalls(counter, self._backend_duration.labels(backend))
        calls.counter.inc()
        calls.duration.observe(seconds)

    def inflight_from(self, count: Callable[[], int]) -> None:
        """Ask ``count`` for the requests that are being answered, whenever metrics are read."""
        self._inflight.set_function(count)

    def config_loaded(self, digest: str, absences: Mapping[Pair, dict[Operation, tuple[str, ...]]], at: float) -> None:
        """A configuration is in use since ``at`` (seconds since the epoch)."""
        self._settle()
        self._ended.clear()
        self._absences = dict(absences)
        self._config.clear()
        self._config.labels(digest).set(1)
        self._successful.set(1)
        self._loaded_at.set(at)

    def config_refused(self) -> None:
        """A reload failed: the configuration before it stays in use."""
        self._successful.set(0)

    def exposition(self) -> bytes:
        """All metrics, in Prometheus' text format 0.0.4."""
        self._settle()
        return generate_latest(self._registry)

    def _settle(self) -> None:
        for ended in self._ended.values():
            ended.settle()

    def _ended_like(self, served: Served) -> _Ended:
        dialect, backend = served.dialect or "none", served.backend or "none"
        operation = served.operation.value if served.operation else "none"
        counters = [self._requests.labels(dialect, backend, operation, str(served.status), served.origin)]
        if served.reason is not None:
            counters.append(self._refusals.labels(str(served.reason)))
        elif served.operation is not None:
            fields = self._absences.get((dialect, backend), {}).get(served.operation, ())
            counters += [self._losses.labels(dialect, backend, field) for field in fields]
        return _Ended(counters, self._duration.labels(dialect, operation))


def _counter(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Counter:
    return Counter(f"jobgateway_{name}_total", text, labels, registry=registry)


def _gauge(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"jobgateway_{name}", text, labels, registry=registry)


def _histogram(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Histogram:
    return Histogram(f"jobgateway_{name}_duration_seconds", text, labels, registry=registry, buckets=BUCKETS)
