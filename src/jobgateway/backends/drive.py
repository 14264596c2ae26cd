"""Drives a plan: puts its calls to the backend, side by side where they may run so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import cast

import anyio

from jobgateway.translation.hub import Call, Refusal, Reply

Plan = Generator[tuple[Call, ...], list[Reply], Reply]
Ask = Callable[[Call], Awaitable[Reply]]


async def drive(plan: Plan, ask: Ask, *, together: int, told: Reply | None = None) -> Reply:
    """Run a plan to its reply, with at most ``together`` calls at a time; the plan is closed whatever happens.

    ``told``: the reply to its first call, where that has been asked already.
    What ``ask`` or the plan raises passes through as it is.
    """
    try:
        batch = next(plan)
        while True:
            if told is not None:
                replies, told = [told], None
            elif len(batch) == 1:  # mostly: not worth a task
                replies = [await ask(batch[0])]
            else:
                replies = await _Batch(batch, ask).replies(together)
            batch = plan.send(replies)
    except StopIteration as end:  # only the plan can: a coroutine turns its own into RuntimeError (PEP 479)
        reply: Reply = end.value
        return reply
    except BaseException:
        plan.close()
        raise


class _Batch:
    """Calls that run side by side, until all are answered, one is refused, or one fails."""

    def __init__(self, calls: tuple[Call, ...], ask: Ask) -> None:
        self._waiting = iter(enumerate(calls))
        self._places: list[Reply | None] = [None] * len(calls)
        self._ask = ask
        self._refusal: Refusal | None = None
        self._failure: Exception | None = None

    async def replies(self, together: int) -> list[Reply]:
        """One reply for each call, in order; one that was not needed any more has the first refusal's place."""
        async with anyio.create_task_group() as tasks:
            for _ in range(min(together, len(self._places))):
                tasks.start_soon(self._work, tasks.cancel_scope)
        if self._failure is not None:
            raise self._failure
        refusal = self._refusal
        if refusal is None:
            return cast("list[Reply]", self._places)
        return [refusal if reply is None else reply for reply in self._places]

    async def _work(self, scope: anyio.CancelScope) -> None:
        try:
            for place, call in self._waiting:
                reply = await self._ask(call)
                self._places[place] = reply
                if isinstance(reply, Refusal):
                    self._refusal = self._refusal or reply
                    scope.cancel()
                if scope.cancel_called:
                    return
        except Exception as failure:  # noqa: BLE001 -- raised again by ``replies``, out of the task group's own wrapping
            self._failure = self._failure or failure
            scope.cancel()
