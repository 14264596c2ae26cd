"""The metrics of several workers as those of one server."""

import os

from prometheus_client.parser import text_string_to_metric_families

from jobgateway.observe.board import Board, Row
from jobgateway.observe.ledger import Ledger
from jobgateway.observe.metrics import Metrics
from jobgateway.observe.observer import Served
from jobgateway.translation.hub import Operation


def samples(board):
    return {
        (sample.name.removeprefix("jobgateway_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(board.exposition().decode())
        for sample in family.samples
    }


def request(seconds=0.02, **more):
    usual = {"dialect": "openreplay-v2", "backend": "flow", "operation": Operation.GET, "seconds": seconds}
    return Served("r1", 200, "backend", **{**usual, **more})


def row(name, ledger, **more):
    return Row(name, ledger, **{"pid": None, "starts": 1, "spent": 0.0, "ready": True, **more})


def test_what_several_have_counted_is_added_up_and_each_ones_share_is_told():
    ledgers = [Ledger(), Ledger()]
    first, second = (Metrics("1.2.3", ledger) for ledger in ledgers)
    for metrics, seconds in ((first, 0.002), (first, 0.02), (second, 0.02), (second, 99.0)):
        metrics.served(request(seconds))
    second.served(request(backend="other", reason="no_job"))
    for metrics in (first, second):
        metrics.inflight_from(lambda: 3)
        metrics.settle()

    shown = samples(Board("1.2.3", lambda: [row(str(at), ledger) for at, ledger in enumerate(ledgers)]))

    assert shown["requests_total", "200", "backend", "flow", "get", "openreplay-v2"] == 4
    assert shown["requests_total", "200", "backend", "get", "openreplay-v2", "other"] == 1
    assert shown["refusals_total", "no_job"] == 1
    assert shown["inflight_requests",] == 6
    buckets = [
        shown["request_duration_seconds_bucket", le, "get", "openreplay-v2"]
        for le in ("0.001", "0.0025", "0.025", "10.0", "+Inf")
    ]
    assert buckets == [0, 1, 4, 4, 5]
    assert shown["request_duration_seconds_count", "get", "openreplay-v2"] == 5
    assert [shown["worker_requests_total", worker] for worker in ("0", "1")] == [2, 3]


def test_processor_time_is_that_of_all_processes_dead_ones_included():
    board = Board("1.2.3", lambda: [row("0", Ledger(), pid=os.getpid(), spent=1000.0, starts=3), row("1", Ledger())])

    shown = samples(board)

    assert shown["worker_cpu_seconds_total", "0"] > 1000
    assert shown["process_cpu_seconds_total",] > shown["worker_cpu_seconds_total", "0"]
    assert shown["process_resident_memory_bytes",] > shown["worker_resident_memory_bytes", "0"] > 1_000_000
    assert [shown["worker_starts_total", worker] for worker in ("0", "1")] == [3, 1]
    assert ("worker_resident_memory_bytes", "1") not in shown


def test_the_configuration_that_all_use_is_told_until_a_reload_fails():
    board = Board("1.2.3", list)
    board.config_loaded("d1", 7.5)
    assert samples(board)["config_last_reload_successful",] == 1
    board.config_refused()

    shown = samples(board)

    assert shown["config_last_reload_successful",] == 0
    assert shown["config_info", "d1"] == 1
    assert shown["config_last_reload_success_timestamp_seconds",] == 7.5
    assert shown["build_info", "1.2.3"] == 1


def test_who_is_not_ready_is_told():
    shown = samples(Board("1.2.3", lambda: [row("0", Ledger(), ready=False), row("1", Ledger())]))

    assert [shown["worker_ready", worker] for worker in ("0", "1")] == [0, 1]
