"""A fused pair gives what the way through the hub gives, for every pair, whatever the backend says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.fusion import Bundled, Fusion, fuse
from jobgateway.translation.hub import (
    EARLIEST_MILLIS,
    LATEST_MILLIS,
    Abilities,
    Budget,
    Job,
    ListJobs,
    Page,
    Reason,
    Refusal,
    Reply,
    Window,
)
from jobgateway.translation.plan import plan
from jobgateway.translation.wire import Response
from laws.simulated import run
from support.gateways import DIALECTS
from support.strategies import jobs

PAIRS = [
    (caller, backend)
    for caller, backend in itertools.permutations(DIALECTS, 2)
    if fuse(DIALECTS[backend], DIALECTS[caller]) is not None
]
CALL = ListJobs("scope", Window(20, 10), counted=True)


def fusion_of(caller: str, backend: str) -> Fusion:
    made = fuse(DIALECTS[backend], DIALECTS[caller])
    assert made is not None
    return made


def test_the_three_documented_dialects_are_all_fused() -> None:
    shipped = {"openreplay-v1", "openreplay-v2", "explorer"}

    assert set(itertools.permutations(shipped, 2)) <= set(PAIRS)


@pytest.mark.parametrize("name", DIALECTS)
def test_one_dialect_is_not_fused_with_itself(name: str) -> None:
    assert fuse(DIALECTS[name], DIALECTS[name]) is None


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
@given(listed=st.lists(jobs, max_size=4))
@settings(max_examples=60, deadline=None)
def test_the_fused_answer_is_the_one_through_the_hub(caller: str, backend: str, listed: list[Job]) -> None:
    fusion = fusion_of(caller, backend)
    answered = DIALECTS[backend].write_reply(CALL, Page(tuple(listed), 77), "documented")
    page = DIALECTS[backend].read_reply(CALL, answered)
    rows = fusion.read(CALL, answered)
    assert isinstance(page, Page)
    assert isinstance(rows, Page)

    counted = msgspec.structs.replace(page, total=77)

    assert fusion.write(CALL, msgspec.structs.replace(rows, total=77)) == DIALECTS[caller].write_reply(
        CALL, counted, "documented"
    )
    assert (rows.total, rows.size, [row.id for row in rows.jobs]) == (
        page.total,
        page.size,
        [job.id for job in page.jobs],
    )


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
def test_what_does_not_fit_is_refused_in_the_same_words(caller: str, backend: str) -> None:
    dialect = DIALECTS[backend]
    job = next(iter(dialect.spec.examples))
    answered = dialect.write_reply(CALL, Page((dialect.read_example(job),), 1), "documented")
    place = dialect.spec.job["status"].at.encode()
    word = msgspec.json.encode(job[place.decode()])
    for wrong in (b"77", b'"paused"', b"null", b"{}", b"1e999", b"\xff"):
        body = answered.body.replace(b'"%b":%b' % (place, word), b'"%b":%b' % (place, wrong))
        assert body != answered.body
        response = msgspec.structs.replace(answered, body=body)

        told = fusion_of(caller, backend).read(CALL, response)

        assert told == dialect.read_reply(CALL, response)
        assert isinstance(told, Refusal)
        assert told.reason is Reason.BACKEND_FAILED


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
@pytest.mark.parametrize("caller", DIALECTS)
def test_an_instant_that_its_offset_takes_beyond_all_years_is_shown_as_the_end_of_them(
    caller: str, instant: str
) -> None:
    backend = DIALECTS["acme"]
    job = backend.read_example(next(iter(backend.spec.examples)))
    answered = backend.write_reply(CALL, Page((job,), 1), "documented")
    body = re.sub(rb'"20[0-9-]+T[0-9:.]+Z"', b'"%b"' % instant.encode(), answered.body)
    response = msgspec.structs.replace(answered, body=body)

    page = backend.read_reply(CALL, response)
    assert isinstance(page, Page)
    assert page.jobs[0].created_at in (EARLIEST_MILLIS, LATEST_MILLIS)
    written = DIALECTS[caller].write_reply(CALL, page, "documented")
    assert written.status == 200
    if caller != "acme":
        rows = fusion_of(caller, "acme").read(CALL, response)
        assert isinstance(rows, Page)
        assert fusion_of(caller, "acme").write(CALL, rows) == written


@given(pages=st.lists(st.lists(st.dictionaries(st.text(), st.integers()), max_size=4), max_size=4))
def test_bundled_rows_are_encoded_as_they_would_be_side_by_side(pages: list[list[dict[str, int]]]) -> None:
    bundled = Bundled()
    for page in pages:
        bundled.extend(page)

    rows = [row for page in pages for row in page]
    assert [*bundled] == ([bundled] if rows else [])
    if rows:
        assert bundled.within(b'{"data":[\0],"total":7}') == msgspec.json.encode({"data": rows, "total": 7})


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
@given(ids=st.lists(st.integers(0, 9), max_size=12), totals=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_whole_list_is_bundled_as_it_is_read_or_refused_as_through_the_hub(
    caller: str, backend: str, ids: list[int], totals: bool
) -> None:
    """An id that is repeated is a job that a list shows again, which grew while it was read."""
    fusion, said = fusion_of(caller, backend), DIALECTS[backend]
    example = said.read_example(next(iter(said.spec.examples)))
    listed = [msgspec.structs.replace(example, id=number) for number in ids]
    can = Abilities(largest_page=3, totals=totals)
    call, total = ListJobs(None), len(ids) if totals else None

    def answered(asked: ListJobs) -> Response:
        assert asked.window is not None
        page = Page(tuple(listed[asked.window.offset : asked.window.end]), total)
        return said.write_reply(asked, page, "documented")

    def counted(reply: Reply) -> Reply:
        return msgspec.structs.replace(reply, total=total, size=None) if isinstance(reply, Page) else reply

    def read_by(read: Callable[[ListJobs, Response], Reply], keep: Callable[[], Any]) -> Reply:
        steps = plan(call, can, Budget(100, 100), shows_cancelled=False, keep=keep)
        return run(steps, lambda calls: [counted(read(each, answered(each))) for each in calls])

    rows, through_hub = read_by(fusion.read, Bundled), read_by(said.read_reply, list)

    if isinstance(through_hub, Page):
        assert isinstance(rows, Page)
        assert rows.total == through_hub.total
        assert fusion.write(call, rows) == DIALECTS[caller].write_reply(call, through_hub, "documented")
    else:
        assert rows == through_hub
