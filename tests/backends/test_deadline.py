"""A deadline ends what is late, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from jobgateway.backends.deadline import Deadline


def test_work_that_is_done_in_time_is_left_alone() -> None:
    async def work() -> str:
        with Deadline(5.0) as deadline:
            await asyncio.sleep(0)
            said = "done"
        assert not deadline.passed
        return said

    assert asyncio.run(work()) == "done"


def test_work_that_is_late_is_cancelled_and_the_task_goes_on() -> None:
    async def work() -> bool:
        with Deadline(0.01) as deadline:
            await asyncio.sleep(5)
        await asyncio.sleep(0)  # a cancellation that was left behind would end the task here
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        return deadline.passed

    assert asyncio.run(work()) is True


def test_a_cancellation_from_elsewhere_passes_through() -> None:
    async def work() -> None:
        with Deadline(5.0):
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
            with Deadline(0.0):
                await asyncio.sleep(5)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(main()) is True


def test_an_error_of_the_work_passes_through() -> None:
    async def work() -> None:
        with Deadline(5.0):
            raise ValueError("its own")

    with pytest.raises(ValueError, match="its own"):
        asyncio.run(work())


def test_outside_a_task_there_is_no_deadline() -> None:
    with pytest.raises(RuntimeError), Deadline(1.0):
        raise AssertionError("never reached")
