"""Operational events are lines of JSON, and tell of errors only their types and places."""

import io
import json
from datetime import UTC, datetime

from jobgateway.observe.events import Events, traces
from jobgateway.observe.stamp import Stamp

SECRET = "hush-hush"


def fail():
    raise ValueError(SECRET)


def failed():
    try:
        fail()
    except ValueError as error:
        return error


def test_an_event_is_one_line_with_its_facts():
    stream = io.BytesIO()
    events = Events(stream)

    events.tell("drain", inflight=3)
    events.tell("reload", "error", findings=["a\nb", '"c"'])

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["event"], first["inflight"]) == ("info", "drain", 3)
    assert (second["level"], second["findings"]) == ("error", ["a\nb", '"c"'])


def test_a_closed_stream_does_not_stop_the_gateway():
    stream = io.BytesIO()
    stream.close()

    Events(stream).tell("drain")

    assert stream.closed


def test_an_error_is_told_by_type_and_places():
    (told,) = traces(failed())

    assert told["type"] == "ValueError"
    assert [frame.partition(":")[0] for frame in told["frames"]] == ["observe/test_events.py"] * 2
    assert SECRET not in repr(told)


def test_groups_and_causes_are_told_each():
    group = ExceptionGroup(SECRET, [failed(), ExceptionGroup(SECRET, [KeyError(SECRET)])])
    group.__cause__ = OSError(SECRET)

    told = traces(group)

    types = [each["type"] for each in told]
    assert types == ["ExceptionGroup", "ValueError", "ExceptionGroup", "KeyError", "OSError"]
    assert SECRET not in repr(told)


def test_instants_are_utc_to_the_millisecond():
    stamp = Stamp()
    before = datetime.now(UTC)

    told = [datetime.fromisoformat(stamp.now()) for _ in range(3)]

    after = datetime.now(UTC)
    assert all(each.utcoffset().total_seconds() == 0 for each in told)
    assert told == sorted(told)
    assert (told[0] - before).total_seconds() > -0.001
    assert told[-1] <= after
