"""The made-up jobs: always the same, and of every kind that a dialect must be able to write."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.mock.population import population
from jobgateway.translation.hub import Job, Status, Task

SEEDS = st.integers(0, 2**32)
ALWAYS_SAID = [
    "title",
    "project_id",
    "action",
    "reference_id",
    "workflow_id",
    "workflow_name",
    "created_at",
    "starts_at",
]
SOMETIMES_SAID = ["updated_at", "began_at", "ended_at", "errors", "tasks"]


@settings(max_examples=30)
@given(st.integers(0, 60), st.integers(0, 60), SEEDS)
def test_fewer_jobs_are_the_first_of_more_with_the_same_seed(one, other, seed):
    few, many = sorted((one, other))
    assert population(few, seed) == population(many, seed)[:few]
    assert len(population(many, seed)) == many


def test_another_seed_gives_other_jobs():
    assert population(20, 1) != population(20, 2)


def test_the_same_seed_gives_the_same_jobs_in_every_process_and_release():
    assert population(1, 7) == [
        Job(
            id=1001,
            title="社区发现 nightly_20260101080000",
            status=Status.COMPLETED,
            project_id=1,
            action="run_workflow",
            reference_id="7000000001",
            workflow_id="7000000001",
            workflow_name="社区发现 nightly",
            created_at=1767225600000,
            updated_at=1767312454000,
            starts_at=1767312000000,
            began_at=1767312404000,
            ended_at=1767312454000,
            tasks=(
                Task(
                    id="81e74ef5e8e25d940ed904759531985d",
                    name="PageRank",
                    status=Status.COMPLETED,
                    began_at=datetime.fromisoformat("2026-01-02T08:06:44+08:00"),
                    ended_at=datetime.fromisoformat("2026-01-02T08:07:34+08:00"),
                ),
            ),
        )
    ]


@settings(max_examples=30)
@given(SEEDS)
def test_ids_and_creation_times_ascend_together_and_ids_leave_gaps(seed):
    jobs = population(80, seed)
    steps = [after.id - before.id for before, after in pairwise(jobs)]
    assert min(steps) == 1
    assert max(steps) > 1
    assert all(before.created_at < after.created_at for before, after in pairwise(jobs))


@given(SEEDS)
def test_six_jobs_are_enough_to_see_every_status(seed):
    assert {job.status for job in population(6, seed)} == set(Status)


@settings(max_examples=30)
@given(SEEDS)
def test_what_a_dialect_may_require_is_said_of_every_job(seed):
    assert all(getattr(job, name) is not None for job in population(40, seed) for name in ALWAYS_SAID)


@pytest.mark.parametrize("name", SOMETIMES_SAID)
def test_what_may_be_null_is_null_for_some_jobs_and_said_of_others(name):
    assert {getattr(job, name) is None for job in population(100, 0)} == {True, False}


def test_titles_hold_letters_of_many_scripts_and_what_json_must_escape():
    titles = "".join(job.title for job in population(200, 0))
    assert all(sign in titles for sign in ("山", "П", "ف", "न", "\U0001f469", "\u2028", '"', "\\", "ë"))


@settings(max_examples=30)
@given(SEEDS)
def test_the_times_of_a_job_follow_each_other(seed):
    for job in population(60, seed):
        assert job.created_at < job.starts_at
        assert job.updated_at is None or job.updated_at >= job.created_at
        assert job.began_at is None or (job.began_at >= job.starts_at and job.began_at % 1000 == 0)
        assert job.ended_at is None or (job.ended_at > job.began_at and job.ended_at % 1000 == 0)


@settings(max_examples=30)
@given(SEEDS)
def test_a_job_has_begun_and_ended_as_its_status_says(seed):
    for job in population(60, seed):
        begun, ended = job.began_at is not None, job.ended_at is not None
        if job.status is Status.CANCELLED:
            assert begun == ended
        else:
            assert begun == (job.status is not Status.SCHEDULED)
            assert ended == (job.status in {Status.COMPLETED, Status.FAILED})
        assert (job.errors is not None) == (job.status is Status.FAILED)


@settings(max_examples=30)
@given(SEEDS)
def test_tasks_fill_the_run_of_their_job_and_the_last_is_as_far_as_it(seed):
    seen = 0
    for job in (job for job in population(60, seed) if job.tasks is not None):
        seen += 1
        first, last = job.tasks[0], job.tasks[-1]
        assert first.began_at.timestamp() * 1000 == job.began_at
        assert last.status is job.status
        assert (last.ended_at is None) == (job.ended_at is None)
        assert last.ended_at is None or last.ended_at.timestamp() * 1000 <= job.ended_at
        assert all(task.status is Status.COMPLETED for task in job.tasks[:-1])
        assert all(re.fullmatch("[0-9a-f]{32}", task.id) for task in job.tasks)
        assert all(task.began_at.utcoffset() == timedelta(hours=8) for task in job.tasks)
    assert seen > 0
