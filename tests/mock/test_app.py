"""A mock backend over HTTP, in every dialect and profile that has a spec."""

from __future__ import annotations

import asyncio
import json

import pytest

from jobgateway.mock.app import LARGEST_BODY
from jobgateway.mock.faults import Faults
from jobgateway.mock.population import documented, population
from jobgateway.mock.store import scopes_of
from jobgateway.translation.hub import CancelJob, Done, GetJob, Job, Operation, Reason, Refusal, Status
from jobgateway.translation.wire import Request
from support.strategies import view

NOW = 1_800_000_000_000
WRONG = "Wrong42"
UNASKED = 31_337
ENDED = {Status.COMPLETED, Status.CANCELLED}


def in_status(mock, status):
    return next(job for job in mock.jobs if job.status is status)


def value_at(body, place):
    for key in place.split("."):
        body = body[key]
    return body


def every_call(mock):
    job = in_status(mock, Status.RUNNING)
    return [mock.list(), GetJob(mock.scope, job.id), CancelJob(mock.scope, job.id)]


# what it holds


def test_all_pages_put_together_are_the_whole_store_in_the_order_of_the_dialect(mock):
    expected = [view(mock.spec, job, detail=False) for job in mock.jobs]
    if mock.order is not None:
        expected.reverse()
    assert mock.walk() == expected


def test_a_page_says_how_many_jobs_there_are_where_the_dialect_has_a_word_for_it(mock):
    assert mock.ask(mock.list()).total == (40 if mock.spec.answers.list.total else None)


def test_every_job_can_be_shown_with_all_that_the_dialect_says_of_it(mock):
    for job in mock.jobs:
        assert mock.ask(GetJob(mock.scope, job.id)) == view(mock.spec, job)


def test_the_documented_jobs_are_listed_verbatim(make):
    dialect = make().dialect
    mock = make(jobs=documented(dialect))
    answer = mock.send(dialect.write_call(mock.list()))
    examples = list(dialect.spec.examples)
    assert len(examples) == 2
    listed = value_at(json.loads(answer.body), dialect.spec.answers.list.jobs)
    assert listed == (examples if mock.order is None else examples[::-1])


def test_a_job_that_is_not_there_is_neither_shown_nor_cancelled(mock):
    assert mock.ask(GetJob(mock.scope, UNASKED)).reason is Reason.NO_JOB
    assert mock.ask(CancelJob(mock.scope, UNASKED)).reason is Reason.NO_JOB


def test_a_list_is_confined_to_its_scope(make):
    jobs = population(40, 1)
    scopes = scopes_of(jobs, make().spec.scope.field or "project_id")
    assert len(scopes) > 2
    mock = make(jobs=jobs, scopes=scopes)
    for scope, ids in scopes.items():
        assert sorted(job.id for job in mock.walk(scope)) == ids


def test_a_scope_that_nobody_knows_is_refused(make):
    jobs = population(40, 1)
    mock = make(jobs=jobs, scopes=scopes_of(jobs, make().spec.scope.field or "project_id"))
    if mock.profile == "documented":
        assert mock.ask(mock.list(scope="nowhere")).reason is Reason.NO_SCOPE
    else:
        assert mock.send(mock.dialect.write_call(mock.list(scope="nowhere"))).status in {401, 404}


def test_a_job_of_another_scope_is_there_only_where_the_path_to_a_job_says_no_scope(make):
    jobs = [Job(7, "t", Status.RUNNING, workflow_id="w", workflow_name="w", created_at=1)]
    mock = make(jobs=jobs, scopes={"mine": [], "theirs": [7]})
    if Operation.CANCEL in mock.dialect.abilities(same=False).confined:
        assert mock.ask(GetJob("mine", 7)).reason is Reason.NO_JOB
        assert mock.ask(CancelJob("mine", 7)).reason is Reason.NO_JOB
        assert mock.store.answer(GetJob(None, 7)).status is Status.RUNNING
    else:
        assert mock.ask(GetJob(None, 7)).id == 7


# what it does


@pytest.mark.parametrize("status", sorted(set(Status) - ENDED))
def test_a_job_that_has_not_ended_well_is_cancelled_and_stays_so(mock, status):
    job = in_status(mock, status)
    reply = mock.ask(CancelJob(mock.scope, job.id))
    shown = mock.ask(GetJob(mock.scope, job.id))
    assert reply == (shown if mock.dialect.shows_cancelled else Done())
    assert shown.status is Status.CANCELLED
    assert shown.updated_at == (NOW if "updated_at" in mock.spec.job else None)
    assert shown.errors == (job.errors if "errors" in mock.spec.job else None)


@pytest.mark.parametrize("status", sorted(ENDED))
def test_a_job_that_has_ended_is_not_cancelled_and_stays_as_it_was(mock, status):
    job = in_status(mock, status)
    before = mock.ask(GetJob(mock.scope, job.id))
    assert mock.ask(CancelJob(mock.scope, job.id)).reason is Reason.NOT_CANCELLABLE
    assert mock.ask(GetJob(mock.scope, job.id)) == before


def test_of_many_cancels_of_a_job_at_once_one_succeeds(mock):
    call = CancelJob(mock.scope, in_status(mock, Status.RUNNING).id)

    async def all_at_once():
        return await asyncio.gather(*(mock.sending(mock.dialect.write_call(call)) for _ in range(8)))

    replies = [mock.dialect.read_reply(call, answer) for answer in asyncio.run(all_at_once())]
    assert sum(isinstance(reply, Refusal) for reply in replies) == 7


# whom it answers


def test_a_wrong_key_is_refused_whatever_is_asked_and_changes_nothing(mock):
    for call in every_call(mock):
        assert mock.ask(call, WRONG).reason is Reason.BAD_CREDENTIAL
    assert mock.store.answer(every_call(mock)[1]).status is Status.RUNNING


def test_no_key_at_all_is_refused_whatever_is_asked(mock):
    for call in every_call(mock):
        assert mock.send(mock.dialect.write_call(call), None).status == 401


def test_without_a_key_of_its_own_it_takes_any_secret_but_not_none(make):
    mock = make(key=None)
    assert mock.ask(GetJob(mock.scope, mock.jobs[0].id), WRONG).id == mock.jobs[0].id
    assert mock.send(mock.dialect.write_call(mock.list()), None).status == 401


def test_a_key_that_no_request_can_carry_is_refused_at_the_start(make):
    with pytest.raises(ValueError, match="can carry this key"):
        make(key="two words")


# what it does not understand


def test_an_unknown_path_is_not_found_whoever_asks(mock):
    request = Request("GET", "/nowhere")
    assert [mock.send(request, key).status for key in ("Sesame42", WRONG, None)] == [404] * 3


def test_a_wrong_method_is_told_the_right_ones_whoever_asks(mock):
    path = mock.dialect.write_call(mock.list()).path
    for key in ("Sesame42", WRONG, None):
        answer = mock.send(Request("PATCH", path), key)
        assert answer.status == 405
        assert b"GET" in answer.value(b"allow")


def test_a_malformed_id_is_refused_but_a_stranger_is_not_told_that_it_is(mock):
    request = mock.dialect.write_call(GetJob(mock.scope, UNASKED))
    malformed = Request("GET", request.path.replace(str(UNASKED), "abc"))
    call = GetJob(mock.scope, 0)
    assert mock.dialect.read_reply(call, mock.send(malformed)).reason is Reason.BAD_ID
    assert mock.dialect.read_reply(call, mock.send(malformed, WRONG)).reason is Reason.BAD_CREDENTIAL


def test_a_body_beyond_the_bound_is_refused(mock):
    request = mock.dialect.write_call(mock.list())
    large = Request(request.method, request.path, request.query, body=b" " * (LARGEST_BODY + 1))
    assert mock.send(large).status == 413
    assert mock.send(Request(request.method, request.path, body=b" " * LARGEST_BODY)).status == 200


# how it misbehaves


def test_a_backend_that_always_fails_answers_no_call_and_changes_nothing(make):
    mock = make(faults=Faults(fail=1))
    for call in every_call(mock):
        assert mock.send(mock.dialect.write_call(call)).status == 500
    assert mock.store.answer(every_call(mock)[1]).status is Status.RUNNING
    assert mock.send(mock.dialect.write_call(mock.list()), WRONG).status == 401


def test_the_same_seed_fails_the_same_calls(make):
    def outcomes(seed):
        mock = make(faults=Faults(fail=0.5, seed=seed))
        request = mock.dialect.write_call(mock.list())
        return [mock.send(request).status for _ in range(20)]

    assert outcomes(3) == outcomes(3)
    assert outcomes(3) != outcomes(4)
    assert set(outcomes(3)) == {200, 500}


def test_an_answer_takes_as_long_as_its_latency(make):
    seen = []
    mock = make(faults=Faults(latency=3600), seen=seen.append)

    async def impatient():
        async with asyncio.timeout(0.02):
            await mock.sending(mock.dialect.write_call(mock.list()))

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    assert len(seen) == 1
    assert make(faults=Faults(latency=0.001)).ask(mock.list()).jobs


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"latency": -1}, "latency must be 0 or more seconds"),
        ({"latency": float("nan")}, "latency must be 0 or more seconds"),
        ({"latency": float("inf")}, "latency must be 0 or more seconds"),
        ({"fail": 1.01}, "fail must be from 0 to 1"),
        ({"fail": -0.01}, "fail must be from 0 to 1"),
        ({"fail": float("nan")}, "fail must be from 0 to 1"),
    ],
)
def test_a_fault_out_of_its_range_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        Faults(**wrong)


# what a test can see, and what a server expects


def test_a_test_can_see_every_request_as_it_came(make):
    seen = []
    mock = make(seen=seen.append)
    asked = mock.dialect.write_call(mock.list())
    mock.send(Request(asked.method, asked.path, asked.query, ((b"x-mark", b"1"),), b"{}"))
    mock.send(Request("GET", "/n%6Fwhere"), None)
    first, second = seen
    assert (first.method, first.path, first.query, first.body) == (asked.method, asked.path, asked.query, b"{}")
    assert first.values(b"x-mark") == [b"1"]
    assert mock.dialect.read_secret(first) == "Sesame42"
    assert second.path == "/n%6Fwhere"


def served(app, scope, *events):
    """What an application sends when a server tells it these events."""
    left, sent = list(events), []

    async def receive():
        return left.pop(0)

    async def send(event):
        sent.append(event)

    asyncio.run(app(scope, receive, send))
    return sent


def test_a_server_may_announce_its_start_and_stop(mock):
    sent = served(mock.app, {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    assert [event["type"] for event in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_caller_that_goes_away_before_its_request_is_whole_is_answered_nothing(make):
    seen = []
    mock = make(seen=seen.append)
    call = mock.dialect.write_call(CancelJob(mock.scope, in_status(mock, Status.RUNNING).id))
    scope = {
        "type": "http",
        "method": call.method,
        "path": call.path,
        "raw_path": call.path.encode(),
        "query_string": b"",
        "headers": [mock.dialect.write_secret("Sesame42"), (b"content-length", b"5")],
    }
    assert served(mock.app, scope, {"type": "http.disconnect"}) == []
    assert seen == []
