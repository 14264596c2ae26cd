"""Hypothesis strategies for the hub's values, and the views that dialects have of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
from hypothesis import strategies as st

from jobgateway.translation.hub import EARLIEST_MILLIS, LARGEST_ID, LATEST_MILLIS, Job, Status, Task
from jobgateway.translation.spec import Spec

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
millis = st.integers(EARLIEST_MILLIS, LATEST_MILLIS)
statuses = st.sampled_from(list(Status))
instants = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - the zone is drawn below
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.one_of(st.just(UTC), st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))),
).map(lambda instant: instant.replace(microsecond=0))
tasks = st.builds(
    Task, id=texts, name=texts, status=statuses, began_at=st.none() | instants, ended_at=st.none() | instants
)
jobs = st.builds(
    Job,
    id=st.integers(0, LARGEST_ID),
    title=texts,
    status=statuses,
    project_id=st.integers(0, 2**32 - 1),
    action=texts,
    reference_id=texts,
    workflow_id=texts,
    workflow_name=texts,
    created_at=millis,
    updated_at=st.none() | millis,
    starts_at=millis,
    began_at=st.none() | millis,
    ended_at=st.none() | millis,
    errors=st.none() | texts,
    tasks=st.none() | st.lists(tasks, max_size=3).map(tuple),
)
"""Jobs of which everything is said that any dialect requires."""


def shown_status(spec: Spec, status: Status) -> Status:
    """The status that is read where this one is written."""
    for each, entry in spec.statuses.items():
        if status is each or status in entry.also_written_for:
            return each
    raise AssertionError(f"{spec.dialect} has no word for {status}")


def view(spec: Spec, job: Job, *, detail: bool = True) -> Job:
    """What a dialect shows of a job: told from the spec's tables alone, not by its codecs."""
    shown = {name for name, entry in spec.job.items() if detail or not entry.detail_only}
    values = {name: getattr(job, name) if name in shown else None for name in job.__struct_fields__}
    values["status"] = shown_status(spec, job.status)
    if "tasks" in shown:
        values["tasks"] = tuple(
            msgspec.structs.replace(task, status=shown_status(spec, task.status)) for task in job.tasks or ()
        )
    return Job(**values)
