"""A fused pair gives what the way through the hub gives, for every pair, whatever the backend says."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.fusion import Fusion, fuse
from jobgateway.translation.hub import Job, ListJobs, Page, Reason, Refusal, Window
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
