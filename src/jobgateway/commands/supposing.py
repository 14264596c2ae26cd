"""What a plan asks of a backend, told without asking: a supposed one answers, in the real one's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobgateway.mock.population import population
from jobgateway.mock.store import Store
from jobgateway.translation.hub import Budget, Call, Job, ListJobs, Reply, Status
from jobgateway.translation.plan import plan

if TYPE_CHECKING:
    from jobgateway.routing.lane import Lane


class Supposed(Struct, frozen=True):
    """The calls that a plan makes, those that run side by side together, and what comes of them."""

    jobs: int
    """How many jobs the backend holds."""
    batches: tuple[tuple[Call, ...], ...]
    reply: Reply

    @property
    def count(self) -> int:
        """How many calls there are."""
        return sum(map(len, self.batches))


def suppose(lane: Lane, call: Call, budget: Budget, count: int) -> Supposed:
    """Carry out the plan of a call over a backend of ``count`` jobs, or of the one job that the call names."""
    jobs = population(count, seed=0) if isinstance(call, ListJobs) else [_one(call.id)]
    store = Store([_within(job, lane.abilities.scope_field, call.scope) for job in jobs], clock=lambda: 0)
    steps = plan(call, lane.abilities, budget, shows_cancelled=lane.dialect.shows_cancelled)
    batches: list[tuple[Call, ...]] = []
    try:
        batch = next(steps)
        while True:
            batches.append(batch)
            batch = steps.send([_answer(lane, store, each) for each in batch])
    except StopIteration as end:
        return Supposed(len(jobs), tuple(batches), end.value)


def _answer(lane: Lane, store: Store, call: Call) -> Reply:
    """The store's reply with no more in it than the backend's dialect can say."""
    dialect = lane.backend.dialect
    return dialect.read_reply(call, dialect.write_reply(call, store.answer(call), dialect.spec.profiles[0]))


def _one(id_: int) -> Job:
    return replace(population(1, seed=0)[0], id=id_, status=Status.RUNNING)


def _within(job: Job, field: str | None, scope: str | None) -> Job:
    """The job as one of the scope's."""
    if field is None or scope is None:
        return job
    number = isinstance(getattr(job, field), int) and scope.isdecimal()
    return replace(job, **{field: int(scope) if number else scope})
