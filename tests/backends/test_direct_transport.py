"""Kept connections: they are used again, they die at any time, and no answer goes astray on them."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator

import anyio
import pytest
import uvloop

from jobgateway.backends.direct import manners
from jobgateway.backends.direct.transport import WAITING, DirectTransport
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Request
from support.evil_backend import GOOD, EvilBackend, answer
from support.transports import Carrying, both_loops, carrying, trust

pytestmark = pytest.mark.anyio

PATIENCE = 10.0
CONNECTIONS = 10


@pytest.fixture
async def direct(evil: EvilBackend) -> AsyncIterator[Carrying]:
    async with carrying(DirectTransport, evil.url, connections=CONNECTIONS, largest_body=20_000) as transport:
        yield transport


async def ask(transport: Carrying, path: str = "/ok", method: str = "GET") -> bytes:
    with anyio.fail_after(PATIENCE):
        return (await transport.send(Request(method, path))).body


async def fault_of(transport: Carrying, path: str, method: str = "GET") -> Fault:
    with pytest.raises(TransportError) as caught:
        await ask(transport, path, method)
    return caught.value.fault


async def settle(transport: Carrying, evil: EvilBackend) -> None:
    """As if the backend had been watched already: then one connection is idle."""
    trust(transport._pool._manners)
    assert await ask(transport) == GOOD
    evil.seen.clear()
    evil.accepted = 0


# Use and use again.


@both_loops
async def test_one_connection_carries_one_request_after_another(evil: EvilBackend, direct: Carrying):
    await settle(direct, evil)
    for path in ("/ok", "/chunks", "/segments=700", "/informational_then_ok", "/retry=7", "/large=0", "/cookie") * 5:
        await ask(direct, path)
    assert (len(evil.seen), evil.accepted) == (35, 0)


async def test_no_more_connections_are_open_than_requests_are_under_way(evil: EvilBackend, direct: Carrying):
    await settle(direct, evil)

    async def caller() -> None:
        for _ in range(30):
            assert await ask(direct) == GOOD

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(caller)
    assert (len(evil.seen), evil.accepted) == (120, 3)


@both_loops
async def test_requests_are_never_sent_before_the_answer_to_the_one_before(evil: EvilBackend, direct: Carrying):
    await settle(direct, evil)
    evil.most_busy = 0
    async with anyio.create_task_group() as tasks:
        for _ in range(3 * CONNECTIONS):
            tasks.start_soon(ask, direct, "/slow=0.02")
    assert evil.most_busy == CONNECTIONS
    assert evil.accepted == CONNECTIONS - 1
    assert all(seen.count(b"HTTP/1.1\r\n") == 1 for seen in evil.seen)


@pytest.mark.parametrize(
    "path",
    [
        "/http10",
        "/no_length",
        f"/kept={answer(GOOD, b'Connection: close').hex()}",
        f"/kept={answer(GOOD, b'Connection: x, CLOSE').hex()}",
        f"/kept={answer().replace(b'HTTP/1.1', b'HTTP/1.0').hex()}",
    ],
    ids=["HTTP/1.0 without a length", "without a length", "close", "close in a list", "HTTP/1.0"],
)
async def test_a_backend_that_does_not_keep_its_connection_is_believed(evil: EvilBackend, direct: Carrying, path: str):
    await settle(direct, evil)
    for number in range(3):
        assert await ask(direct, path) == GOOD
        assert evil.accepted == number


@both_loops
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_an_answer_in_many_segments_is_whole(direct: Carrying, size: int):
    assert await ask(direct, f"/segments={size}") == b"0123456789" * 1900


async def test_what_changes_something_goes_once_and_over_a_connection_of_its_own(evil: EvilBackend, direct: Carrying):
    await settle(direct, evil)
    for number, method in enumerate(("DELETE", "PUT", "POST", "PATCH"), start=1):
        assert await ask(direct, "/ok", method) == GOOD
        assert evil.accepted == number
        assert await fault_of(direct, "/close", method) is Fault.BROKEN
        evil.accepted -= 1
    assert len(evil.seen) == 8


async def test_a_full_queue_is_told_at_once(evil: EvilBackend):
    async with carrying(DirectTransport, evil.url, connections=1) as transport, anyio.create_task_group() as tasks:
        for _ in range(1 + WAITING):
            tasks.start_soon(ask, transport, "/slow=0.01")
        await evil.asked()
        assert await fault_of(transport, "/ok") is Fault.BUSY


# Connections that die.


@both_loops
async def test_a_read_over_a_connection_that_turns_out_dead_is_asked_once_more():
    async with EvilBackend(lives=1) as evil, carrying(DirectTransport, evil.url, connections=2) as transport:
        await settle(transport, evil)
        for number in range(1, 6):
            assert await ask(transport) == GOOD
            assert len(evil.seen) == 2 * number


async def test_a_read_is_asked_once_more_and_not_twice(evil: EvilBackend, direct: Carrying):
    assert await fault_of(direct, "/close") is Fault.BROKEN
    assert len(evil.seen) == 1
    for path in ("/close", "/reset"):
        await settle(direct, evil)
        assert await fault_of(direct, path) is Fault.BROKEN
        assert len(evil.seen) == 2


@pytest.mark.parametrize("path", ["/half_head", "/short", "/reset_midway", "/garbage", "/raw=48", "/unfinished_chunks"])
async def test_after_a_byte_of_an_answer_nothing_is_asked_again(evil: EvilBackend, direct: Carrying, path: str):
    await settle(direct, evil)
    assert await fault_of(direct, path) is Fault.BROKEN
    assert len(evil.seen) == 1


async def test_a_read_that_is_asked_once_more_keeps_its_place(evil: EvilBackend):
    """Others wait: it neither goes behind them nor is turned away."""
    async with carrying(DirectTransport, evil.url, connections=1) as transport:
        await settle(transport, evil)
        order: list[str] = []

        async def note(path: str) -> None:
            with pytest.raises(TransportError) as caught:
                await ask(transport, path)
            order.append(f"{path} {caught.value.fault}")

        async with anyio.create_task_group() as tasks:
            for number in range(1 + WAITING):
                tasks.start_soon(note, f"/close={number}")
        assert order == [f"/close={number} broken" for number in range(1 + WAITING)]
        assert len(evil.seen) == 2 + WAITING


async def test_a_backend_that_is_gone_at_the_second_try_is_unreachable():
    async with EvilBackend(lives=1) as gone, carrying(DirectTransport, gone.url, connections=1) as transport:
        await settle(transport, gone)
        gone.stop_listening()
        for _ in range(3):
            assert await fault_of(transport, "/ok") is Fault.UNREACHABLE


@both_loops
async def test_idle_connections_may_be_closed_at_any_time_and_no_reader_notices(evil: EvilBackend, direct: Carrying):
    await settle(direct, evil)
    dice = random.Random(20261107)

    async def caller() -> None:
        for _ in range(40):
            assert await ask(direct, f"/for_a_while={dice.randrange(4)}") == GOOD

    async with anyio.create_task_group() as tasks:
        for _ in range(2 * CONNECTIONS):
            tasks.start_soon(caller)
    assert evil.accepted > 1


# Answers that nobody asked for.


async def test_no_connection_is_used_again_before_one_was_watched(evil: EvilBackend, direct: Carrying):
    with anyio.fail_after(PATIENCE):
        while len(evil.seen) == evil.accepted:
            assert await ask(direct) == GOOD
        kept = evil.accepted
        for _ in range(50):
            assert await ask(direct) == GOOD
    assert kept > 1
    assert evil.accepted == kept


async def test_the_one_connection_of_a_small_pool_is_watched_too(evil: EvilBackend):
    async with carrying(DirectTransport, evil.url, connections=1) as transport:
        for _ in range(5):
            assert await ask(transport) == GOOD
        assert evil.accepted == 1
        assert evil.most_open == 1


async def test_trust_comes_back_after_a_time(evil: EvilBackend, direct: Carrying, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(manners, "DISTRUST", 0.1)
    await settle(direct, evil)
    await ask(direct, "/two")
    assert not direct._pool._manners.trusted
    evil.seen.clear()
    with anyio.fail_after(PATIENCE):
        while len(evil.seen) == evil.accepted:
            assert await ask(direct) == GOOD
    assert direct._pool._manners.trusted


@both_loops
@pytest.mark.parametrize("milliseconds", [0, 1, 5, 50])
async def test_a_second_answer_however_late_reaches_nobody(evil: EvilBackend, direct: Carrying, milliseconds: int):
    assert await poisoned(direct, 20, f"/two_later={milliseconds}") == 0


@pytest.mark.parametrize("path", ["/two", "/no_content_with_body", "/extra_line", "/two_later=1"])
async def test_a_second_answer_reaches_nobody_where_many_ask(direct: Carrying, path: str):
    async with anyio.create_task_group() as tasks:
        counts: list[int] = []

        async def caller() -> None:
            counts.append(await poisoned(direct, 20, path))

        for _ in range(2 * CONNECTIONS):
            tasks.start_soon(caller)
    assert counts == [0] * 2 * CONNECTIONS


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    ["/two", "/no_content_with_body", "/extra_line", "/two_later=0", "/two_later=1", "/two_later=5", "/two_later=50"],
)
async def test_ten_thousand_second_answers_reach_nobody(direct: Carrying, path: str):
    async with anyio.create_task_group() as tasks:
        counts: list[int] = []

        async def caller() -> None:
            counts.append(await poisoned(direct, 500, path))

        for _ in range(2 * CONNECTIONS):
            tasks.start_soon(caller)
    assert counts == [0] * 2 * CONNECTIONS


async def poisoned(transport: Carrying, times: int, path: str) -> int:
    """How many of so many requests got an answer that was not their own, each right behind one with a second."""
    count = 0
    for _ in range(times):
        await ask(transport, path)
        count += await ask(transport) != GOOD
    return count


async def test_bytes_on_an_idle_connection_end_it_and_all_that_is_kept(evil: EvilBackend, direct: Carrying):
    await settle(direct, evil)
    assert await ask(direct, "/two_later=20") == GOOD
    with anyio.fail_after(PATIENCE):
        assert await evil.all_closed()
    for number in range(1, 6):
        assert await ask(direct) == GOOD
        assert evil.accepted == number
    assert await evil.all_closed()


# The end.


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("path", ["/ok", "/slow=60", "/two", "/close"])
def test_nothing_is_left_open_when_the_loop_ends(run, path: str, recwarn: pytest.WarningsRecorder):
    async def main() -> list[dict[str, object]]:
        told: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with EvilBackend() as evil:
            async with carrying(DirectTransport, evil.url, connections=3) as transport:
                await settle(transport, evil)
                tasks = [asyncio.create_task(transport.send(Request("GET", path))) for _ in range(5)]
                await asyncio.wait(tasks, timeout=0.1)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            del tasks, transport
            gc.collect()
            assert await evil.all_closed()
        return told

    assert run(main()) == []
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
