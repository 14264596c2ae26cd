"""The store against a plain oracle that is written another way, and its rules one by one."""

from __future__ import annotations

from functools import cmp_to_key

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from jobgateway.mock.store import Store, scopes_of
from jobgateway.translation.hub import (
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

NOW = 1_800_000_000_000
IDS = st.integers(0, 12)
WORKFLOWS = ["red", "blue"]
KNOWN_SCOPES = ["red", "blue", "empty"]
SCOPES = st.sampled_from([None, *KNOWN_SCOPES, "unknown"])
INSTANTS = st.none() | st.integers(0, 5)

jobs = st.lists(
    st.builds(
        Job,
        id=IDS,
        title=st.sampled_from([None, "a", "b"]),
        status=st.sampled_from(Status),
        workflow_id=st.sampled_from(WORKFLOWS),
        created_at=INSTANTS,
        updated_at=st.none(),
        errors=st.sampled_from([None, "disk full"]),
    ),
    unique_by=lambda job: job.id,
    max_size=10,
)
wanted = st.builds(
    Wanted,
    title=st.sampled_from([None, "a"]),
    statuses=st.none() | st.frozensets(st.sampled_from(Status), max_size=3),
    created_from=INSTANTS,
    created_to=INSTANTS,
)
orders = st.none() | st.builds(Order, st.sampled_from(["id", "created_at"]), st.booleans())
windows = st.none() | st.builds(Window, st.integers(0, 12), st.integers(0, 12))
calls = st.one_of(
    st.builds(ListJobs, SCOPES, windows, wanted, orders, st.booleans()),
    st.builds(GetJob, SCOPES, IDS),
    st.builds(CancelJob, SCOPES, IDS),
)


class Oracle:
    """Rows in a list, searched from end to end."""

    def __init__(self, rows):
        self.rows = list(rows)
        self.ticks = 0

    def answer(self, call):
        if call.scope == "unknown":
            return Refusal(Reason.NO_SCOPE)
        rows = [row for row in self.rows if call.scope in (None, row.workflow_id)]
        if isinstance(call, ListJobs):
            rows = self.arranged([row for row in rows if self.meets(row, call.wanted)], call.order)
            start, count = (call.window.offset, call.window.limit) if call.window else (0, len(rows))
            return Page(tuple(row for place, row in enumerate(rows) if start <= place < start + count), len(rows))
        found = [row for row in rows if row.id == call.id]
        if not found:
            return Refusal(Reason.NO_JOB)
        if isinstance(call, GetJob):
            return found[0]
        if found[0].status in ("completed", "cancelled"):
            return Refusal(Reason.NOT_CANCELLABLE, status=found[0].status)
        self.ticks += 1
        changed = replace(found[0], status=Status.CANCELLED, updated_at=NOW + self.ticks)
        self.rows = [row for row in self.rows if row.id != call.id] + [changed]
        return changed

    @staticmethod
    def meets(row, wanted):
        born = row.created_at
        return (
            (wanted.title is None or wanted.title == row.title)
            and (wanted.statuses is None or row.status in wanted.statuses)
            and (wanted.created_from is None or (born is not None and born >= wanted.created_from))
            and (wanted.created_to is None or (born is not None and born <= wanted.created_to))
        )

    @staticmethod
    def arranged(rows, order):
        if order is None:
            return rows

        def older_first(one, other):
            if order.key == "created_at" and one.created_at != other.created_at:
                if one.created_at is None or other.created_at is None:
                    return -1 if one.created_at is None else 1
                return one.created_at - other.created_at
            return one.id - other.id

        rows = sorted(rows, key=cmp_to_key(older_first))
        return rows[::-1] if order.newest_first else rows


class Clock:
    """Ticks at every reading."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        self.now += 1
        return self.now


def scopes(rows):
    return {scope: [row.id for row in rows if row.workflow_id == scope] for scope in KNOWN_SCOPES}


@settings(max_examples=250)
@given(jobs, st.lists(calls, max_size=12))
def test_whatever_is_asked_in_turn_the_store_answers_as_the_oracle_does(rows, asked):
    store, oracle = Store(rows, Clock(), scopes(rows)), Oracle(rows)
    for call in asked:
        assert store.answer(call) == oracle.answer(call)


@given(jobs, st.integers(1, 4), wanted, orders)
def test_the_windows_of_a_list_put_together_are_the_list(rows, size, wanted, order):
    store = Store(rows, Clock())
    whole = store.answer(ListJobs(wanted=wanted, order=order))
    pages = [
        store.answer(ListJobs(window=Window(start, size), wanted=wanted, order=order)) for start in range(0, 12, size)
    ]
    assert tuple(job for page in pages for job in page.jobs) == whole.jobs
    assert {page.total for page in pages} == {len(whole.jobs)}


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.RUNNING, Status.STOPPING, Status.FAILED])
def test_a_job_that_has_neither_completed_nor_been_cancelled_can_be_cancelled(status):
    job = Job(7, "t", status, created_at=5, updated_at=6, errors="disk full")
    store = Store([job], Clock())
    cancelled = replace(job, status=Status.CANCELLED, updated_at=NOW + 1)
    assert store.answer(CancelJob(None, 7)) == cancelled
    assert store.answer(GetJob(None, 7)) == cancelled


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
def test_a_job_that_has_completed_or_been_cancelled_cannot_be_cancelled_and_stays_as_it_was(status):
    job = Job(7, "t", status, updated_at=6)
    store = Store([job], Clock())
    assert store.answer(CancelJob(None, 7)) == Refusal(Reason.NOT_CANCELLABLE, status=status)
    assert store.answer(GetJob(None, 7)) == job


def test_cancelling_twice_is_refused_the_second_time():
    store = Store([Job(7, "t", Status.RUNNING)], Clock())
    store.answer(CancelJob(None, 7))
    assert store.answer(CancelJob(None, 7)) == Refusal(Reason.NOT_CANCELLABLE, status=Status.CANCELLED)


def test_an_unordered_list_shows_last_what_changed_last():
    store = Store([Job(number, "t", Status.RUNNING) for number in (2, 1, 3)], Clock())
    store.answer(CancelJob(None, 2))
    assert [job.id for job in store.answer(ListJobs()).jobs] == [1, 3, 2]


def test_a_job_is_held_without_what_its_source_said_of_it():
    store = Store([Job(7, "t", Status.RUNNING, source=Raw(b'{"status":"running"}'))], Clock())
    assert store.answer(GetJob(None, 7)) == Job(7, "t", Status.RUNNING)


def test_a_job_of_another_scope_is_neither_shown_nor_cancelled():
    job = Job(7, "t", Status.RUNNING)
    store = Store([job], Clock(), {"mine": [], "theirs": [7]})
    assert store.answer(GetJob("mine", 7)) == Refusal(Reason.NO_JOB)
    assert store.answer(CancelJob("mine", 7)) == Refusal(Reason.NO_JOB)
    assert store.answer(GetJob("theirs", 7)) == job


def test_a_store_made_without_scopes_takes_every_scope_for_the_one_that_holds_all():
    job = Job(7, "t", Status.RUNNING)
    store = Store([job], Clock())
    assert store.answer(ListJobs("any")) == Page((job,), 1)
    assert store.answer(GetJob("other", 7)) == job


def test_two_jobs_with_one_id_are_refused_when_the_store_is_made():
    with pytest.raises(ValueError, match="two jobs have the id 7"):
        Store([Job(7, "a", Status.RUNNING), Job(7, "a", Status.RUNNING)], Clock())


def test_a_scope_that_names_a_job_that_is_not_there_is_refused_when_the_store_is_made():
    with pytest.raises(ValueError, match=r"scope 'key' names jobs that are not there: \[8\]"):
        Store([Job(7, "a", Status.RUNNING)], Clock(), {"key": [7, 8]})


def test_scopes_are_read_from_the_field_that_holds_them_and_a_job_without_it_is_in_none():
    rows = [
        Job(1, "a", Status.RUNNING, workflow_id="red", project_id=4),
        Job(2, "b", Status.RUNNING, workflow_id="blue"),
        Job(3, "c", Status.RUNNING, workflow_id="red"),
        Job(4, "d", Status.RUNNING),
    ]
    assert scopes_of(rows, "workflow_id") == {"red": [1, 3], "blue": [2]}
    assert scopes_of(rows, "project_id") == {"4": [1]}
    assert scopes_of(rows, None) is None
