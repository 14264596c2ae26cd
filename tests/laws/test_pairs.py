"""Law 8: for every pair, what a caller gets through the gateway is what its own dialect would say of the store.

The oracle is plain: sort, filter, cut, and the views told from the specs' tables.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.gateway import Exchange
from jobgateway.mock.population import population
from jobgateway.translation.hub import (
    ANYTHING,
    CancelJob,
    GetJob,
    Job,
    ListJobs,
    Order,
    Page,
    Reason,
    Refusal,
    Status,
    Wanted,
    Window,
)
from support.gateways import DIALECTS, NOW, SCOPE, ask, gateway_over
from support.strategies import shown_status, view

PAIRS = list(itertools.product(DIALECTS, DIALECTS))
JOBS = population(47, seed=7)


def scope_of(caller: str) -> str | None:
    """The scope that a caller names where its dialect makes it name one."""
    return SCOPE if all("{scope}" in each.path for each in DIALECTS[caller].spec.operations.list) else None


def said(caller: str, backend: str, job: Job, *, detail: bool) -> Job:
    """A job as a caller's dialect shows what a backend's dialect tells of it; within one dialect, all of it."""
    there = view(DIALECTS[backend].spec, job, detail=detail)
    return there if caller == backend else view(DIALECTS[caller].spec, there, detail=detail)


async def answer(caller: str, backend: str, call: Any, jobs: list[Job] | None = None) -> Exchange:
    gateway = gateway_over(JOBS if jobs is None else jobs, caller=caller, backend=backend)
    exchange = await gateway.answer(ask(DIALECTS[caller], call))
    await gateway.aclose()
    return exchange


def expected_list(caller: str, backend: str, jobs: list[Job], call: ListJobs) -> Any:
    """What the caller's dialect would write of the jobs that are asked for."""
    tellable = DIALECTS[backend].spec.job.keys()
    known = [view(DIALECTS[backend].spec, job, detail=False) for job in jobs]
    chosen = [job for job in known if call.wanted.admits(job)]
    order = call.order or (DIALECTS[backend].abilities(same=False).orders or (None,))[0]
    if order is not None:
        key = order.key if order.key in tellable else "id"
        chosen.sort(key=lambda job: (getattr(job, key), job.id), reverse=order.newest_first)
    shown = chosen if call.window is None else chosen[call.window.offset : call.window.end]
    page = Page(tuple(view(DIALECTS[caller].spec, job, detail=False) for job in shown), len(chosen))
    return json.loads(DIALECTS[caller].write_reply(call, page, "documented").body)


windows = st.builds(Window, st.integers(0, 60), st.integers(1, 60))


@st.composite
def lists(draw: st.DrawFn, caller: str) -> ListJobs:
    """A list that a caller of a dialect can ask for."""
    spec = DIALECTS[caller].spec
    window = None
    if spec.paging is not None:
        window = draw(windows)
        largest = spec.paging.size.largest or 200
        limit = min(window.limit, largest)
        window = Window(window.offset if spec.paging.by == "offset" else window.offset // limit * limit, limit)
    order = Order(spec.order.key) if spec.order else None
    wanted = ANYTHING
    if spec.filter is not None:
        bounds = st.none() | st.sampled_from(JOBS).map(lambda job: job.created_at)
        chosen = {
            "title": st.none() | st.sampled_from(JOBS).map(lambda job: job.title),
            "statuses": st.none() | st.sampled_from(sorted(DIALECTS[caller].calls.status_sets, key=sorted)),
            "created_from": bounds,
            "created_to": bounds,
        }
        wanted = Wanted(**{name: draw(chosen[name]) for name in spec.filter.conditions})
        if spec.filter.order is not None and draw(st.booleans()):
            order = Order("created_at", newest_first=False)
    return ListJobs(scope_of(caller), window, wanted, order, spec.answers.list.total is not None)


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_list_through_the_gateway_is_the_stores_own(caller: str, backend: str, data: st.DataObject) -> None:
    call = data.draw(lists(caller))

    exchange = anyio.run(answer, caller, backend, call)

    assert exchange.response.status == 200, exchange.response.body
    assert json.loads(exchange.response.body) == expected_list(caller, backend, JOBS, call)


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
def test_every_job_can_be_shown(caller: str, backend: str) -> None:
    async def show_all() -> None:
        gateway = gateway_over(JOBS, caller=caller, backend=backend)
        for job in JOBS:
            call = GetJob(scope_of(caller), job.id)
            exchange = await gateway.answer(ask(DIALECTS[caller], unconfined(caller, call)))
            expected = DIALECTS[caller].write_reply(call, said(caller, backend, job, detail=True), "documented")
            assert exchange.response.status == 200
            assert json.loads(exchange.response.body) == json.loads(expected.body)
            assert exchange.origin == "backend"

    anyio.run(show_all)


def unconfined(caller: str, call: GetJob | CancelJob) -> GetJob | CancelJob:
    """The call as the caller's paths can say it."""
    confined = "{scope}" in DIALECTS[caller].spec.operations.get.path
    return call if confined else msgspec.structs.replace(call, scope=None)


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
@pytest.mark.parametrize("status", list(Status))
def test_a_cancel_is_told_as_it_ended(caller: str, backend: str, status: Status) -> None:
    job = msgspec.structs.replace(JOBS[3], status=status, tasks=None)
    call = unconfined(caller, CancelJob(scope_of(caller), job.id))

    exchange = anyio.run(answer, caller, backend, call, [job])

    dialect = DIALECTS[caller]
    if status in (Status.COMPLETED, Status.CANCELLED):
        assert exchange.reason is Reason.NOT_CANCELLABLE
        told = {
            dialect.write_reply(call, Refusal(Reason.NOT_CANCELLABLE, status=each), "documented")
            for each in (None, status)
        }
        assert exchange.response in told
        return
    assert exchange.response.status == 200
    if dialect.shows_cancelled:
        done = msgspec.structs.replace(job, status=Status.CANCELLED, updated_at=NOW)
        expected = dialect.write_reply(call, said(caller, backend, done, detail=True), "documented")
        assert json.loads(exchange.response.body) == json.loads(expected.body)
    else:
        assert json.loads(exchange.response.body) == json.loads(dialect.replies.cancel.body)


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
@pytest.mark.parametrize("kind", [GetJob, CancelJob])
def test_a_missing_job_is_told_in_the_callers_words(caller: str, backend: str, kind: type[GetJob | CancelJob]) -> None:
    call = unconfined(caller, kind(scope_of(caller), 999_999_999))

    exchange = anyio.run(answer, caller, backend, call)

    assert exchange.reason is Reason.NO_JOB
    assert exchange.response == DIALECTS[caller].write_reply(call, Refusal(Reason.NO_JOB), "documented")


@pytest.mark.parametrize("name", DIALECTS)
def test_the_two_sides_agree_on_which_status_is_shown(name: str) -> None:
    assert {shown_status(DIALECTS[name].spec, status) for status in Status} <= set(Status)
