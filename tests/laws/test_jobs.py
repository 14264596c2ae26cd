"""Laws 1 to 3: what a dialect writes of a job is read as its view of it, documents verbatim."""

from __future__ import annotations

import itertools
import json

import msgspec
import pytest
from hypothesis import given, settings

from jobgateway.translation.dialect import Dialect, compile_dialect
from jobgateway.translation.hub import GetJob, Job, ListJobs, Page, Refusal, Window
from support.specs import all_specs
from support.strategies import jobs, view

DIALECTS = {name: compile_dialect(spec) for name, spec in all_specs().items()}
PAIRS = list(itertools.product(DIALECTS, DIALECTS))
GET = GetJob("scope", 1)
LIST = ListJobs("scope", Window(0, 10), counted=True)


def shown(dialect: Dialect, job: Job) -> Job:
    """The job that is read of what the dialect writes of a job."""
    reply = dialect.read_reply(GET, dialect.write_reply(GET, job, "documented"))
    assert isinstance(reply, Job), reply
    return reply


@pytest.mark.parametrize("name", DIALECTS)
@given(job=jobs)
@settings(max_examples=150, deadline=None)
def test_a_job_that_is_written_and_read_is_the_dialects_view_of_it(name: str, job: Job) -> None:
    dialect = DIALECTS[name]

    assert shown(dialect, job) == view(dialect.spec, job)


@pytest.mark.parametrize("name", DIALECTS)
@given(job=jobs)
@settings(max_examples=60, deadline=None)
def test_a_list_shows_each_job_as_the_dialect_does_and_in_order(name: str, job: Job) -> None:
    dialect = DIALECTS[name]
    twice = Page((job, msgspec.structs.replace(job, id=job.id ^ 1)), total=7)

    reply = dialect.read_reply(LIST, dialect.write_reply(LIST, twice, "documented"))

    total = 7 if dialect.spec.answers.list.total else None
    size = LIST.window.limit if LIST.window and dialect.spec.answers.list.size else None
    assert reply == Page(tuple(view(dialect.spec, one, detail=False) for one in twice.jobs), total, size)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_documented_job_is_written_back_verbatim(name: str) -> None:
    dialect = DIALECTS[name]
    assert dialect.spec.examples

    for example in dialect.spec.examples:
        job = dialect.read_example(example)
        body = dialect.write_reply(LIST, Page((job,), total=1), "documented").body
        place: object = json.loads(body)
        for key in dialect.spec.answers.list.jobs.split("."):
            assert isinstance(place, dict)
            place = place[key]
        assert place == [example]


@pytest.mark.parametrize(("one", "other"), PAIRS)
@given(job=jobs)
@settings(max_examples=40, deadline=None)
def test_there_and_back_through_another_dialect_loses_just_what_the_views_say(one: str, other: str, job: Job) -> None:
    first, second = DIALECTS[one], DIALECTS[other]
    there = shown(first, job)

    reply = second.read_reply(GET, second.write_reply(GET, there, "documented"))

    expected = view(second.spec, view(first.spec, job))
    lost = {name for name, entry in second.spec.job.items() if not entry.nullable and getattr(there, name) is None}
    if lost:  # written as null where the second's own servers would always say something: refused when read
        assert isinstance(reply, Refusal)
        assert any(second.spec.job[name].at.split(".")[-1] in reply.detail for name in lost), reply
    else:
        assert reply == expected


@pytest.mark.parametrize("name", DIALECTS)
@given(job=jobs)
@settings(max_examples=60, deadline=None)
def test_within_one_dialect_a_backends_object_passes_unchanged(name: str, job: Job) -> None:
    dialect = DIALECTS[name]
    body = json.loads(dialect.write_reply(GET, job, "documented").body)
    place = body
    for key in (dialect.spec.answers.get.job or "").split("."):
        place = place[key]
    place["unknownField"] = {"kept": [1, None, "ü"]}
    answered = msgspec.structs.replace(
        dialect.write_reply(GET, job, "documented"), body=json.dumps(body, indent=1).encode()
    )

    kept = dialect.read_reply(GET, answered, keep_source=True)
    assert isinstance(kept, Job)

    assert json.loads(dialect.write_reply(GET, kept, "documented").body) == body
