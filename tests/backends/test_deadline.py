"""A deadline ends what is late, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from jobgateway.backends.deadline import Deadline, Deadlines


def test_work_that_is_done_in_time_is_left_alone() -> None:
    async def work() -> str:
        with Deadline(Deadlines(5.0)) as deadline:
            await asyncio.sleep(0)
            said = "done"
        assert not deadline.passed
        return said

    assert asyncio.run(work()) == "done"


def test_work_that_is_late_is_cancelled_and_the_task_goes_on() -> None:
    async def work() -> bool:
        with Deadline(Deadlines(0.01)) as deadline:
            await asyncio.sleep(5)
        await asyncio.sleep(0)  # a cancellation that was left behind would end the task here
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        return deadline.passed

    assert asyncio.run(work()) is True


def test_a_cancellation_from_elsewhere_passes_through() -> None:
    async def work() -> None:
        with Deadline(Deadlines(5.0)):
            await asyncio.sleep(5)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_cancellation_from_elsewhere_in_the_same_moment_is_not_swallowed() -> None:
    async def main() -> bool:
        async def work() -> None:
            with Deadline(Deadlines(0.0)):
                await asyncio.sleep(5)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(main()) is True


def test_an_error_of_the_work_passes_through() -> None:
    async def work() -> None:
        with Deadline(Deadlines(5.0)):
            raise ValueError("its own")

    with pytest.raises(ValueError, match="its own"):
        asyncio.run(work())


def test_outside_a_task_there_is_no_deadline() -> None:
    with pytest.raises(RuntimeError), Deadline(Deadlines(1.0)):
        raise AssertionError("never reached")


def test_each_of_many_ends_when_its_own_time_is_up_and_no_other() -> None:
    async def work(deadlines: Deadlines, seconds: float) -> bool:
        with Deadline(deadlines) as deadline:
            await asyncio.sleep(seconds)
        return deadline.passed

    async def main() -> list[bool]:
        deadlines = Deadlines(0.1)
        tasks = []
        for number in range(20):
            tasks.append(asyncio.create_task(work(deadlines, 5.0 if number % 3 else 0.0)))
            await asyncio.sleep(0.01)
        passed = [await task for task in tasks]
        assert await work(deadlines, 5.0)  # the queue was empty in between
        return passed

    assert asyncio.run(main()) == [bool(number % 3) for number in range(20)]


def test_a_deadline_is_as_late_as_was_said_however_many_end_before_it() -> None:
    async def main() -> tuple[bool, bool, float]:
        deadlines = Deadlines(0.2)
        loop = asyncio.get_running_loop()
        with Deadline(deadlines) as first:
            await asyncio.sleep(0.1)
        began = loop.time()
        with Deadline(deadlines) as second:
            await asyncio.sleep(5)
        return first.passed, second.passed, loop.time() - began

    first, second, waited = asyncio.run(main())
    assert (first, second) == (False, True)
    assert waited >= 0.19
