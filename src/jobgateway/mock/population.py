"""Jobs for a mock backend: the documents' own, or as many made-up ones as wanted."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from jobgateway.translation.hub import Job, Status, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobgateway.translation.dialect import Dialect

_SECOND: Final = 1_000
_HOUR: Final = 3_600 * _SECOND
_DAY: Final = 24 * _HOUR
_FIRST_ID: Final = 1_001
_FIRST_BIRTH: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_ZONE: Final = timezone(timedelta(hours=8))
_USERS: Final = (
    "shekar@example.com",
    "zoë.o'brien@example.org",
    "山田太郎",
    "Мария Петрова",
    "فاطمة",
    "नीना",
    "👩‍🚀 crew\u2028two lines",
    'a "quoted" \\ user <&>',
)
_WORKFLOWS: Final = (
    ("4216617528", "workflow_q745a"),
    ("3992429968", "workflow_xkkjf"),
    ("7000000001", "社区发现 nightly"),
    ("7000000002", "über-ranking"),
)
_STEPS: Final = ("query_1", "BFS", "PageRank", "Louvain", "导出")
_ERRORS: Final = ("disk full", "timeout after 30 s: «shard 7»", "第 3 步失败\nretry later")
_STATUSES: Final = (
    Status.COMPLETED,
    Status.FAILED,
    Status.CANCELLED,
    Status.SCHEDULED,
    Status.RUNNING,
    Status.STOPPING,
)
_WEIGHTS: Final = (60, 12, 10, 10, 6, 2)
_UNFINISHED: Final = frozenset({Status.RUNNING, Status.STOPPING})


def population(count: int, seed: int) -> list[Job]:
    """``count`` jobs, the same for the same seed; fewer are the first of more.

    Ids and creation times ascend together, ids with gaps. The first six jobs have the six
    statuses. What a dialect may require is said of every job, so that each can write it.
    """
    return list(islice(_jobs(random.Random(seed)), count))  # noqa: S311, must repeat, guards nothing


def documented(dialect: Dialect) -> list[Job]:
    """The jobs that the dialect's own document prints."""
    return [dialect.read_example(raw) for raw in dialect.spec.examples]


def _jobs(chance: random.Random) -> Iterator[Job]:
    number, born = _FIRST_ID, _FIRST_BIRTH
    statuses = chain(_STATUSES, _endless(chance))
    for status in statuses:
        yield _job(chance, number, born, status)
        number += chance.randint(2, 9) if _happens(chance, 0.2) else 1
        born += chance.randint(1, 2 * _HOUR)


def _endless(chance: random.Random) -> Iterator[Status]:
    while True:
        yield from chance.choices(_STATUSES, _WEIGHTS)


def _job(chance: random.Random, number: int, born: int, status: Status) -> Job:
    workflow_id, workflow_name = chance.choice(_WORKFLOWS)
    title, action, reference_id = _subject(chance, born, workflow_id, workflow_name)
    starts = born - born % _DAY + _DAY
    began, ended = _run(chance, starts, status)
    return Job(
        id=number,
        title=title,
        status=status,
        project_id=chance.randint(1, 3),
        action=action,
        reference_id=reference_id,
        workflow_id=workflow_id,
        workflow_name=workflow_name,
        created_at=born,
        updated_at=ended or began or (None if _happens(chance, 0.5) else born + chance.randint(0, _HOUR)),
        starts_at=starts,
        began_at=began,
        ended_at=ended,
        errors=chance.choice(_ERRORS) if status is Status.FAILED else None,
        tasks=None if began is None or _happens(chance, 0.5) else _tasks(chance, began, ended, status),
    )


def _subject(chance: random.Random, born: int, workflow_id: str, workflow_name: str) -> tuple[str, str, str]:
    """Title, action and reference: a user's data to delete, or a run of a workflow."""
    if _happens(chance, 0.5):
        user = chance.choice(_USERS)
        return f"Delete user sessions of userId = {user}", "delete_user_data", user
    return f"{workflow_name}_{_local(born):%Y%m%d%H%M%S}", "run_workflow", workflow_id


def _run(chance: random.Random, starts: int, status: Status) -> tuple[int | None, int | None]:
    """When the job began and ended, in whole seconds; some were cancelled before they began."""
    if status is Status.SCHEDULED or (status is Status.CANCELLED and _happens(chance, 0.5)):
        return None, None
    began = starts + chance.randint(0, 900) * _SECOND
    return began, None if status in _UNFINISHED else began + chance.randint(1, 600) * _SECOND


def _tasks(chance: random.Random, began: int, ended: int | None, status: Status) -> tuple[Task, ...]:
    """Steps one after the other; the last is as far as the job."""
    steps = chance.sample(_STEPS, chance.randint(1, len(_STEPS)))
    length = ((began + _HOUR if ended is None else ended) - began) // len(steps)
    last = len(steps) - 1
    return tuple(
        Task(
            id=f"{chance.getrandbits(128):032x}",
            name=name,
            status=status if place == last else Status.COMPLETED,
            began_at=_local(began + place * length),
            ended_at=_local(began + (place + 1) * length) if ended is not None or place < last else None,
        )
        for place, name in enumerate(steps)
    )


def _local(millis: int) -> datetime:
    """The instant, cut to its second, as clocks in a zone of whole hours show it."""
    return datetime.fromtimestamp(millis // _SECOND, _ZONE)


def _happens(chance: random.Random, share: float) -> bool:
    return chance.random() < share
