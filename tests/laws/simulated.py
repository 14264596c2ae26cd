"""A backend in plain Python for the planner's laws, and what a plan must make of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from msgspec.structs import replace

from jobgateway.translation.hub import (
    Abilities,
    Budget,
    Call,
    CancelJob,
    Done,
    GetJob,
    Job,
    ListJobs,
    Operation,
    Order,
    Page,
    Reason,
    Refusal,
    Reply,
    Status,
    Wanted,
)
from jobgateway.translation.plan import plan

AMPLE = Budget(calls=10_000, rows=1_000_000)
FARTHEST = 2**53
LARGEST_BATCH = 16
LARGEST_BLIND = 12


def numbered(count: int, status: Status = Status.RUNNING) -> list[Job]:
    """Jobs ``count`` to 1, newest first, by id and by time."""
    return [Job(number, f"job {number}", status, created_at=number) for number in range(count, 0, -1)]


class Backend:
    """Answers calls from a list of jobs, after asserting that each call is one it understands."""

    def __init__(self, jobs: Sequence[Job], abilities: Abilities) -> None:
        self.jobs = list(jobs)
        self.abilities = abilities
        self.calls: list[Call] = []
        self.batches: list[int] = []
        self.rows = 0

    def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        operation = {ListJobs: Operation.LIST, GetJob: Operation.GET, CancelJob: Operation.CANCEL}[type(call)]
        assert call.scope is None or operation in self.abilities.confined, "it cannot be told the scope"
        if isinstance(call, ListJobs):
            page = self.page(call)
            self.rows += len(page.jobs)
            return page
        return self.show(call) if isinstance(call, GetJob) else self.cancel(call)

    def page(self, call: ListJobs) -> Page:
        self.check(call)
        jobs = self.listing(call.order, call.wanted, call.scope)
        total = len(jobs) if self.abilities.totals else None
        return Page(tuple(jobs if call.window is None else jobs[call.window.offset : call.window.end]), total)

    def check(self, call: ListJobs) -> None:
        can = self.abilities
        if can.largest_page is None:
            assert call.window is None, "it cannot page"
        else:
            assert call.window is not None, "it gives pages only"
            assert 1 <= call.window.limit <= can.largest_page, "no page of that size"
            assert 0 <= call.window.offset <= FARTHEST, "beyond what a backend may be asked"
            assert can.any_offset or call.window.offset % call.window.limit == 0, "no page begins there"
        assert call.wanted.conditions() <= can.exact, "a condition that it does not know"
        assert call.wanted.statuses is None or call.wanted.statuses in can.status_sets, "no word for these statuses"
        assert call.order in (can.orders or (None,)), "an order that it does not give"
        assert can.totals or not call.counted, "it gives no totals"

    def listing(self, order: Order | None, wanted: Wanted, scope: str | None) -> list[Job]:
        jobs = [job for job in self.jobs if wanted.admits(job) and scope in (None, job.workflow_id)]
        if order is None:
            return jobs
        return sorted(jobs, key=lambda job: _rank(job, order.key), reverse=order.newest_first)

    def show(self, call: GetJob) -> Reply:
        return next((job for job in self.listing(None, Wanted(), call.scope) if job.id == call.id), NO_JOB)

    def cancel(self, call: CancelJob) -> Reply:
        found = self.show(GetJob(call.scope, call.id))
        if not isinstance(found, Job):
            return found
        if found.status in (Status.COMPLETED, Status.CANCELLED):
            return Refusal(Reason.NOT_CANCELLABLE, status=found.status)
        cancelled = replace(found, status=Status.CANCELLED)
        self.jobs = [cancelled if job.id == call.id else job for job in self.jobs]
        return cancelled if self.abilities.returns_cancelled else Done()


NO_JOB = Refusal(Reason.NO_JOB)


def _rank(job: Job, key: str) -> int:
    value = getattr(job, key)
    return -1 if value is None else value


def run(
    steps: Generator[tuple[Call, ...], list[Reply], Reply],
    answer: Callable[[tuple[Call, ...]], list[Reply]],
) -> Reply:
    """Drive a plan to its end, which must come."""
    try:
        calls = next(steps)
        for _ in range(10_000):
            assert 1 <= len(calls) <= LARGEST_BATCH
            calls = steps.send(answer(calls))
    except StopIteration as end:
        return end.value
    raise AssertionError("the plan does not end")


def ask(backend: Backend, call: Call, budget: Budget = AMPLE, *, shows_cancelled: bool = False) -> Reply:
    """What a plan makes of a call to a backend."""

    def answer(calls: tuple[Call, ...]) -> list[Reply]:
        backend.batches.append(len(calls))
        return [backend.answer(each) for each in calls]

    return run(plan(call, backend.abilities, budget, shows_cancelled=shows_cancelled), answer)
