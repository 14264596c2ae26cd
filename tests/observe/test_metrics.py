"""Metrics say what happened, under a bounded number of labels, in a format that parses."""

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobgateway.observe.metrics import Metrics
from jobgateway.observe.observer import Observer, Recorder, Served
from jobgateway.translation.hub import Operation, Reason


def samples(metrics):
    """Every sample of the exposition, by name and labels."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics, name, **labels):
    return samples(metrics).get((f"jobgateway_{name}", tuple(sorted(labels.items()))))


def served(**changed):
    usual = {
        "request_id": "r1",
        "status": 200,
        "origin": "backend",
        "dialect": "openreplay-v2",
        "backend": "flow",
        "operation": Operation.LIST,
        "seconds": 0.02,
    }
    return Served(**{**usual, **changed})


@pytest.fixture
def metrics():
    return Metrics("1.2.3")


def test_requests_are_counted_by_how_they_ended(metrics):
    for request in (served(), served(), served(status=404, reason=Reason.NO_JOB), served(operation=Operation.GET)):
        metrics.served(request)

    alike = {"dialect": "openreplay-v2", "backend": "flow", "origin": "backend"}
    assert value(metrics, "requests_total", **alike, operation="list", code="200") == 2
    assert value(metrics, "requests_total", **alike, operation="list", code="404") == 1
    assert value(metrics, "requests_total", **alike, operation="get", code="200") == 1
    assert value(metrics, "refusals_total", reason="no_job") == 1


def test_reading_twice_counts_once(metrics):
    metrics.served(served(reason="bad_id", status=400))

    assert value(metrics, "refusals_total", reason="bad_id") == 1
    assert value(metrics, "refusals_total", reason="bad_id") == 1


def test_what_has_no_name_is_called_none(metrics):
    metrics.served(Served("r1", 499, "gateway", reason="caller_gone"))

    labels = {"dialect": "none", "backend": "none", "operation": "none", "code": "499", "origin": "gateway"}
    assert value(metrics, "requests_total", **labels) == 1
    assert value(metrics, "refusals_total", reason="caller_gone") == 1


def test_durations_fall_into_cumulative_buckets(metrics):
    for seconds in (0.0005, 0.02, 0.02, 99.0):
        metrics.served(served(seconds=seconds))

    labels = {"dialect": "openreplay-v2", "operation": "list"}
    buckets = [
        value(metrics, "request_duration_seconds_bucket", **labels, le=le) for le in ("0.001", "0.025", "10.0", "+Inf")
    ]
    assert buckets == [1, 3, 3, 4]
    assert value(metrics, "request_duration_seconds_count", **labels) == 4
    assert math.isclose(value(metrics, "request_duration_seconds_sum", **labels), 99.0405)


def test_backend_calls_are_counted_by_outcome(metrics):
    metrics.backend_call("flow", Operation.CANCEL, "ok", 0.5)
    metrics.backend_call("flow", Operation.CANCEL, Reason.BACKEND_LATE, 9.0)
    metrics.backend_call("flow", Operation.CANCEL, Reason.BACKEND_LATE, 9.0)

    alike = {"backend": "flow", "operation": "cancel"}
    assert value(metrics, "backend_requests_total", **alike, outcome="ok") == 1
    assert value(metrics, "backend_requests_total", **alike, outcome="backend_late") == 2
    assert value(metrics, "backend_request_duration_seconds_count", backend="flow") == 3


def test_each_answer_counts_the_fields_that_its_pair_lacks(metrics):
    pair = {"dialect": "openreplay-v2", "backend": "flow"}
    lacking = {Operation.LIST: ("errors", "action"), Operation.GET: ("errors",)}
    metrics.config_loaded("d1", {("openreplay-v2", "flow"): lacking}, 1.0)

    for request in (served(), served(), served(operation=Operation.GET), served(status=502, reason="backend_failed")):
        metrics.served(request)
    metrics.served(served(backend="other"))

    assert value(metrics, "losses_total", **pair, field="errors") == 3
    assert value(metrics, "losses_total", **pair, field="action") == 2
    assert value(metrics, "losses_total", dialect="openreplay-v2", backend="other", field="errors") is None


def test_counts_survive_a_reload_and_go_on_with_the_new_losses(metrics):
    pair = {"dialect": "openreplay-v2", "backend": "flow"}
    for fields in (("errors",), ("action",)):
        metrics.config_loaded("d", {("openreplay-v2", "flow"): {Operation.LIST: fields}}, 1.0)
        metrics.served(served())

    assert value(metrics, "losses_total", **pair, field="errors") == 1
    assert value(metrics, "losses_total", **pair, field="action") == 1
    assert value(metrics, "requests_total", **pair, operation="list", code="200", origin="backend") == 2


def test_only_the_configuration_in_use_is_named(metrics):
    metrics.config_loaded("old", {}, 5.0)
    metrics.config_loaded("new", {}, 7.5)

    assert value(metrics, "config_info", hash="new") == 1
    assert value(metrics, "config_info", hash="old") is None
    assert value(metrics, "config_last_reload_successful") == 1
    assert value(metrics, "config_last_reload_success_timestamp_seconds") == 7.5


def test_a_refused_reload_shows_until_one_succeeds(metrics):
    metrics.config_loaded("d1", {}, 5.0)

    metrics.config_refused()

    assert value(metrics, "config_last_reload_successful") == 0
    assert value(metrics, "config_info", hash="d1") == 1
    assert value(metrics, "config_last_reload_success_timestamp_seconds") == 5.0
    metrics.config_loaded("d2", {}, 6.0)
    assert value(metrics, "config_last_reload_successful") == 1


def test_requests_under_way_are_asked_for_when_metrics_are_read(metrics):
    under_way = [1, 2, 3]
    metrics.inflight_from(lambda: len(under_way))

    assert value(metrics, "inflight_requests") == 3
    under_way.clear()
    assert value(metrics, "inflight_requests") == 0


def test_servers_do_not_share_their_counts(metrics):
    other = Metrics("1.2.3")

    metrics.served(served())

    assert any(name == "jobgateway_requests_total" for name, _ in samples(metrics))
    assert not any(name == "jobgateway_requests_total" for name, _ in samples(other))


def test_the_release_is_named(metrics):
    assert value(metrics, "build_info", version="1.2.3") == 1


def test_the_number_of_series_does_not_grow_with_requests(metrics):
    def count():
        return len(samples(metrics))

    metrics.served(served())
    before = count()
    for number in range(100):
        metrics.served(served(request_id=f"r{number}", seconds=number, size=number, backend_calls=number))

    assert count() == before


def test_metrics_are_an_observer_and_a_recorder(metrics):
    observer: Observer = metrics
    recorder: Recorder = metrics

    assert callable(observer.backend_call)
    assert callable(recorder.served)
