"""A backend's memory: jobs that can be listed, shown and cancelled, in no dialect's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from jobgateway.translation.hub import (
    ANYTHING,
    EARLIEST_MILLIS,
    Call,
    GetJob,
    Job,
    ListJobs,
    Order,
    Page,
    Reason,
    Refusal,
    Reply,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ENDED: Final = frozenset({Status.COMPLETED, Status.CANCELLED})


class Store:
    """Answers calls from the jobs that it holds; for one event loop, every answer is atomic.

    ``clock`` gives the milliseconds since 1970. ``scopes`` says which ids belong to a scope; a
    store made without it takes every scope for one that holds all jobs. No job keeps its source:
    a store says everything anew. Raises ``ValueError`` where an id occurs twice or a scope names a
    job that is not there.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        clock: Callable[[], int],
        scopes: Mapping[str, Iterable[int]] | None = None,
    ) -> None:
        self._clock = clock
        self._jobs: dict[int, Job] = {}
        for job in jobs:
            if job.id in self._jobs:
                raise ValueError(f"two jobs have the id {job.id}")
            self._jobs[job.id] = replace(job, source=None)
        self._scopes = None if scopes is None else {scope: frozenset(ids) for scope, ids in scopes.items()}
        for scope, ids in (self._scopes or {}).items():
            if strangers := ids - self._jobs.keys():
                raise ValueError(f"scope {scope!r} names jobs that are not there: {sorted(strangers)}")

    def answer(self, call: Call) -> Reply:
        """The reply to a call. Without an order a list is as a table without ORDER BY: what changed last comes last."""
        if self._scopes is None or call.scope is None:
            members = None
        elif call.scope in self._scopes:
            members = self._scopes[call.scope]
        else:
            return Refusal(Reason.NO_SCOPE)
        if isinstance(call, ListJobs):
            return self._list(call, members)
        job = self._jobs.get(call.id)
        if job is None or (members is not None and job.id not in members):
            return Refusal(Reason.NO_JOB)
        return job if isinstance(call, GetJob) else self._cancel(job)

    def _list(self, call: ListJobs, members: frozenset[int] | None) -> Page:
        jobs = [job for job in self._jobs.values() if members is None or job.id in members]
        if call.wanted != ANYTHING:
            jobs = [job for job in jobs if call.wanted.admits(job)]
        if call.order is not None:
            jobs = _sorted(jobs, call.order)
        shown = jobs if call.window is None else jobs[call.window.offset : call.window.end]
        return Page(tuple(shown), len(jobs))

    def _cancel(self, job: Job) -> Reply:
        if job.status in _ENDED:
            return Refusal(Reason.NOT_CANCELLABLE, status=job.status)
        cancelled = replace(job, status=Status.CANCELLED, updated_at=self._clock())
        del self._jobs[job.id]
        self._jobs[job.id] = cancelled
        return cancelled


def scopes_of(jobs: Iterable[Job], field: str | None) -> dict[str, list[int]] | None:
    """The ids of each scope where a job's ``field`` holds its scope; ``None`` where no field does."""
    if field is None:
        return None
    scopes: dict[str, list[int]] = {}
    for job in jobs:
        if (scope := getattr(job, field)) is not None:
            scopes.setdefault(str(scope), []).append(job.id)
    return scopes


def _sorted(jobs: list[Job], order: Order) -> list[Job]:
    """By the order's key, then by id; a job without a creation time is older than every other."""
    if order.key == "id":
        return sorted(jobs, key=lambda job: job.id, reverse=order.newest_first)
    return sorted(jobs, key=_birth, reverse=order.newest_first)


def _birth(job: Job) -> tuple[int, int]:
    return (EARLIEST_MILLIS - 1 if job.created_at is None else job.created_at, job.id)
