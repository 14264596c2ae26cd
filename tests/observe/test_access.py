"""The access log: one whole line of JSON for every request."""

import io
import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobgateway.observe.access import AccessLog
from jobgateway.observe.events import Events
from jobgateway.observe.observer import Served
from jobgateway.translation.hub import Operation, Reason

FIELDS = [
    "ts", "level", "event", "request_id", "caller", "dialect", "backend", "operation", "status", "reason",
    "origin", "backend_calls", "duration_ms", "bytes",
]  # fmt: skip
NAMES = st.none() | st.text()


def lines_of(*requests):
    """What is written for these, line by line."""
    reading, writing = os.pipe()
    log = AccessLog(Events(io.BytesIO()), writing)
    for request in requests:
        log.served(request)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read().splitlines(keepends=True)


def test_a_line_says_who_asked_for_what_and_how_it_ended():
    request = Served(
        request_id="r1",
        status=404,
        origin="backend",
        caller="billing",
        dialect="explorer",
        backend="flow",
        operation=Operation.GET,
        reason=Reason.NO_JOB,
        backend_calls=2,
        seconds=0.0123456,
        size=77,
    )

    (line,) = lines_of(request)

    told = json.loads(line)
    assert list(told) == FIELDS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("ts"))
    assert told == {
        "level": "info",
        "event": "request",
        "request_id": "r1",
        "caller": "billing",
        "dialect": "explorer",
        "backend": "flow",
        "operation": "get",
        "status": 404,
        "reason": "no_job",
        "origin": "backend",
        "backend_calls": 2,
        "duration_ms": 12.346,
        "bytes": 77,
    }


def test_what_is_not_known_is_null():
    (line,) = lines_of(Served("r1", 404, "gateway"))

    told = json.loads(line)
    assert [told[name] for name in ("caller", "dialect", "backend", "operation", "reason")] == [None] * 5


@pytest.mark.parametrize(
    ("status", "reason", "level"),
    [
        (200, None, "info"),
        (499, "caller_gone", "info"),
        (501, Reason.NOT_CANCELLABLE, "info"),
        (500, Reason.LIMIT, "info"),
        (500, Reason.INTERNAL, "error"),
        (504, Reason.BACKEND_LATE, "error"),
        (503, Reason.OVERLOADED, "error"),
    ],
)
def test_the_gateways_and_backends_failures_are_errors_whatever_status_a_dialect_has_for_them(status, reason, level):
    served = Served("r1", status, "gateway", reason=reason)

    assert json.loads(lines_of(served)[0])["level"] == level


@given(st.lists(st.tuples(st.text(), NAMES, NAMES, NAMES), max_size=5))
def test_whatever_the_names_hold_each_request_is_one_line_of_json(rows):
    requests = [Served(one, 200, "gateway", caller, dialect, backend) for one, caller, dialect, backend in rows]

    lines = lines_of(*requests)

    assert len(lines) == len(rows)
    for line, (one, caller, dialect, backend) in zip(lines, rows, strict=True):
        told = json.loads(line)
        assert (told["request_id"], told["caller"], told["dialect"], told["backend"]) == (one, caller, dialect, backend)


def test_a_log_that_nobody_reads_stops_and_says_so_once():
    reading, writing = os.pipe()
    os.close(reading)
    told = io.BytesIO()
    log = AccessLog(Events(told), writing)

    for _ in range(3):
        log.served(Served("r1", 200, "gateway"))
    os.close(writing)

    (event,) = [json.loads(line) for line in told.getvalue().splitlines()]
    assert (event["event"], event["problem"]) == ("access_log_stopped", "Broken pipe")
