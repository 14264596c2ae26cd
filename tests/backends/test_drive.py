"""A plan is driven to its reply: in order, within the limit, and closed whatever happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator

import anyio
import pytest

from jobgateway.backends.drive import Plan, drive
from jobgateway.translation.hub import Call, Done, GetJob, Job, Page, Reason, Refusal, Reply, Status

pytestmark = pytest.mark.anyio

PATIENCE = 5.0


def call(number: int) -> GetJob:
    return GetJob(None, number)


def job(number: int) -> Job:
    return Job(number, None, Status.RUNNING)


async def found(asked: Call) -> Reply:
    assert isinstance(asked, GetJob)
    return job(asked.id)


class Recorded:
    """A plan of fixed batches that keeps what it is sent, and knows whether it was closed."""

    def __init__(self, *batches: int) -> None:
        self._batches = batches
        self.sent: list[list[Reply]] = []
        self.closed = False

    def __call__(self) -> Plan:
        try:
            number = 0
            for size in self._batches:
                self.sent.append((yield tuple(call(number + place) for place in range(size))))
                number += size
            return Done()
        finally:
            self.closed = True


async def test_the_reply_that_was_told_is_the_first_and_is_not_asked_for_again():
    plan, asked = Recorded(1, 2), []

    async def kept(each: Call) -> Reply:
        asked.append(each)
        return await found(each)

    assert await drive(plan(), kept, together=4, told=job(77)) == Done()
    assert plan.sent == [[job(77)], [job(1), job(2)]]
    assert asked == [call(1), call(2)]


async def test_replies_come_back_in_the_order_of_their_calls():
    plan = Recorded(1, 5, 1, 3)

    async def later_calls_answer_first(asked: Call) -> Reply:
        assert isinstance(asked, GetJob)
        await anyio.sleep((9 - asked.id) / 500)
        return job(asked.id)

    assert await drive(plan(), later_calls_answer_first, together=4) == Done()
    assert plan.sent == [[job(0)], [job(n) for n in range(1, 6)], [job(6)], [job(7), job(8), job(9)]]
    assert plan.closed


async def test_a_plan_may_end_without_a_call():
    plan = Recorded()
    assert await drive(plan(), found, together=1) == Done()
    assert plan.closed


async def test_an_empty_batch_has_no_replies():
    plan = Recorded(0, 1)
    assert await drive(plan(), found, together=1) == Done()
    assert plan.sent == [[], [job(0)]]


@pytest.mark.parametrize(("together", "size", "most"), [(1, 5, 1), (3, 10, 3), (10, 4, 4)])
async def test_no_more_calls_run_at_a_time_than_may(together: int, size: int, most: int):
    running = highest = 0

    async def counted(asked: Call) -> Reply:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        await anyio.sleep(0.01)
        running -= 1
        return await found(asked)

    await drive(Recorded(size)(), counted, together=together)
    assert highest == most


async def test_a_single_call_runs_in_the_callers_own_task():
    tasks = []

    async def noted(asked: Call) -> Reply:
        tasks.append(anyio.get_current_task())
        return await found(asked)

    await drive(Recorded(1)(), noted, together=4)
    assert tasks == [anyio.get_current_task()]


async def test_the_first_refusal_ends_the_calls_beside_it_and_takes_their_places():
    plan = Recorded(6)
    refusal = Refusal(Reason.BACKEND_FAILED, "broken")
    begun: list[int] = []
    cancelled: list[int] = []

    async def asked_of_a_broken_backend(asked: Call) -> Reply:
        assert isinstance(asked, GetJob)
        begun.append(asked.id)
        if asked.id == 1:
            return job(1)
        if asked.id == 2:
            return refusal
        try:
            await anyio.sleep_forever()
        except BaseException:
            cancelled.append(asked.id)
            raise
        raise AssertionError

    with anyio.fail_after(PATIENCE):
        await drive(plan(), asked_of_a_broken_backend, together=3)
    assert plan.sent == [[refusal, job(1), refusal, refusal, refusal, refusal]]
    assert begun == [0, 1, 2, 3]
    assert sorted(cancelled) == [0, 3]


async def test_a_refusal_goes_to_the_plan_which_decides():
    def forgiving() -> Generator[tuple[Call, ...], list[Reply], Reply]:
        (refusal,) = yield (call(0),)
        assert isinstance(refusal, Refusal)
        (reply,) = yield (call(1),)
        return reply

    async def at_the_second_time(asked: Call) -> Reply:
        assert isinstance(asked, GetJob)
        return Refusal(Reason.NO_JOB) if asked.id == 0 else Page((job(1),))

    assert await drive(forgiving(), at_the_second_time, together=1) == Page((job(1),))


@pytest.mark.parametrize("size", [1, 4])
async def test_what_a_call_raises_passes_through_as_itself(size: int):
    plan = Recorded(size)
    failure = ZeroDivisionError("mine")

    async def failing(asked: Call) -> Reply:
        if isinstance(asked, GetJob) and asked.id == size - 1:
            raise failure
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.fail_after(PATIENCE), pytest.raises(ZeroDivisionError) as caught:
        await drive(plan(), failing, together=4)
    assert caught.value is failure
    assert plan.closed


async def test_what_the_plan_raises_passes_through_as_itself():
    def failing() -> Generator[tuple[Call, ...], list[Reply], Reply]:
        yield (call(0),)
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        await drive(failing(), found, together=1)


async def test_a_call_that_ends_an_iteration_does_not_end_the_plan():
    plan = Recorded(1)

    async def confused(asked: Call) -> Reply:
        raise StopIteration(Done())

    with pytest.raises(RuntimeError):
        await drive(plan(), confused, together=1)
    assert plan.closed


@pytest.mark.parametrize("size", [1, 4])
async def test_a_deadline_ends_the_calls_and_closes_the_plan(size: int):
    plan = Recorded(size)
    ended: list[Call] = []

    def stalled() -> Callable[[Call], Awaitable[Reply]]:
        async def ask(asked: Call) -> Reply:
            try:
                await anyio.sleep_forever()
            finally:
                ended.append(asked)
            raise AssertionError

        return ask

    with anyio.fail_after(PATIENCE):
        with anyio.move_on_after(0.05) as scope:
            await drive(plan(), stalled(), together=2)
    assert scope.cancelled_caught
    assert len(ended) == min(size, 2)
    assert plan.closed
