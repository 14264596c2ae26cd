"""Slots and connections: none is lost, none is used twice at once, and none that is doubtful is used again."""

from __future__ import annotations

import asyncio
import gc
import random
import socket
from collections.abc import AsyncIterator
from functools import partial

import anyio
import pytest

from jobgateway.backends.direct import idle
from jobgateway.backends.direct.connection import Connection
from jobgateway.backends.direct.manners import Manners
from jobgateway.backends.direct.opener import Opener
from jobgateway.backends.direct.pool import Pool
from jobgateway.backends.origin import origin_of
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.outbox import Outbox
from support.evil_backend import EvilBackend, answer
from support.transports import both_loops, trust

pytestmark = pytest.mark.anyio

PATIENCE = 10.0
MESSAGE = b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow=60 HTTP/1.1\r\nHost: x\r\n\r\n"


def pool_of(url: str, connections: int = 1, waiting: int = 10, *, trusted: bool = True) -> Pool:
    manners = Manners()
    if trusted:
        trust(manners)
    opener = Opener(origin_of(url), None, partial(Connection, 1000, manners, Outbox()), within=1.0)
    return Pool(opener.open, manners, connections=connections, waiting=waiting)


@pytest.fixture
async def pool(evil: EvilBackend) -> AsyncIterator[Pool]:
    pool = pool_of(evil.url)
    yield pool
    pool.close()


async def is_whole(pool: Pool, connections: int = 1) -> bool:
    """Whether so many connections are to be had at once, and not one more."""
    with anyio.fail_after(PATIENCE):
        held = [await pool.acquire(fresh=False) for _ in range(connections)]
    with anyio.move_on_after(0.02) as scope:
        held.append(await pool.acquire(fresh=False))
    for each in held:
        pool.release(each)
    return scope.cancelled_caught and len(set(held)) == connections


async def waiting_for(pool: Pool) -> asyncio.Task[Connection]:
    task = asyncio.create_task(pool.acquire(fresh=False))
    await anyio.lowlevel.checkpoint()
    return task


@both_loops
@pytest.mark.parametrize("cancelled_first", [True, False])
@pytest.mark.parametrize("others", [0, 1])
async def test_a_slot_that_is_handed_to_who_is_cancelled_in_the_same_moment_is_not_lost(
    pool: Pool, cancelled_first: bool, others: int
):
    held = await pool.acquire(fresh=False)
    waiter = await waiting_for(pool)
    behind = [await waiting_for(pool) for _ in range(others)]
    if cancelled_first:
        waiter.cancel()
    pool.release(held)
    if not cancelled_first:
        waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    with anyio.fail_after(PATIENCE):
        for each in behind:
            pool.release(await each)
    assert await is_whole(pool)


async def test_who_waits_is_served_in_turn_and_nobody_comes_between(pool: Pool):
    served: list[int] = []

    async def use(number: int) -> None:
        connection = await pool.acquire(fresh=False)
        served.append(number)
        await anyio.lowlevel.checkpoint()
        pool.release(connection)

    held = await pool.acquire(fresh=False)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(use, number)
            await anyio.wait_all_tasks_blocked()
            pool.release(held)
            tasks.start_soon(use, 5)
    assert served == [0, 1, 2, 3, 4, 5]


async def test_where_the_queue_is_full_nobody_waits(evil: EvilBackend):
    pool = pool_of(evil.url, connections=1, waiting=2)
    held = await pool.acquire(fresh=False)
    waiters = [await waiting_for(pool) for _ in range(2)]
    with pytest.raises(TransportError) as caught:
        await pool.acquire(fresh=False)
    assert caught.value.fault is Fault.BUSY
    waiters[0].cancel()
    pool.release(held)
    pool.release(await waiters[1])
    assert await is_whole(pool)
    pool.close()


@both_loops
async def test_no_schedule_of_cancellations_loses_a_slot(evil: EvilBackend):
    dice = random.Random(20261107)
    pool = pool_of(evil.url, connections=3, waiting=100)

    async def use() -> None:
        connection = await pool.acquire(fresh=dice.random() < 0.3)
        try:
            await connection.exchange(dice.choice([MESSAGE, MESSAGE, SLOW]))
        finally:
            pool.release(connection)

    for _ in range(20):
        tasks = [asyncio.create_task(use()) for _ in range(20)]
        alive = list(tasks)
        with anyio.fail_after(PATIENCE):
            while alive:
                dice.choice(alive).cancel()
                for _ in range(dice.randrange(4)):
                    await anyio.lowlevel.checkpoint()
                alive = [task for task in alive if not task.done()]
        assert {type(end) for end in await asyncio.gather(*tasks, return_exceptions=True)} <= {
            type(None),
            asyncio.CancelledError,
        }
    assert await is_whole(pool, 3)
    pool.close()
    assert await evil.all_closed()


async def test_a_connection_that_cannot_be_opened_takes_no_slot():
    async with EvilBackend() as gone:
        pool = pool_of(gone.url)
    for _ in range(3):
        with pytest.raises(TransportError) as caught:
            await pool.acquire(fresh=False)
        assert caught.value.fault is Fault.UNREACHABLE
        assert caught.value.__context__ is None


async def test_idle_connections_count_towards_the_limit(evil: EvilBackend):
    pool = pool_of(evil.url, connections=3)
    held = [await pool.acquire(fresh=False) for _ in range(3)]
    for each in held:
        pool.release(each)
    for _ in range(20):
        fresh = await pool.acquire(fresh=True)
        assert fresh.exchanges == 0
        assert fresh not in held
        pool.release(fresh)
    assert sum(each.usable for each in held) == 0
    with anyio.fail_after(PATIENCE):
        while evil.open > 3:  # noqa: ASYNC110 -- the backend sees each end when it looks
            await anyio.sleep(0.01)
    pool.close()


async def test_the_connection_that_came_last_goes_first_and_the_others_grow_old(
    evil: EvilBackend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(idle, "IDLE_FOR", 0.2)
    pool = pool_of(evil.url, connections=2)
    old, new = [await pool.acquire(fresh=False) for _ in range(2)]
    pool.release(old)
    pool.release(new)
    with anyio.fail_after(PATIENCE):
        while old.usable:
            assert await pool.acquire(fresh=False) is new
            pool.release(new)
            await anyio.sleep(0.01)
        assert new.usable
        assert await evil.all_closed()
    pool.close()


async def test_a_connection_that_was_idle_for_too_long_is_not_used(evil: EvilBackend, pool: Pool):
    connection = await pool.acquire(fresh=False)
    pool.release(connection)
    connection.idle_since -= idle.IDLE_FOR
    other = await pool.acquire(fresh=False)
    assert other is not connection
    assert not connection.usable
    pool.release(other)


@both_loops
@pytest.mark.parametrize("unread", [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", b"\r\n", None])
async def test_what_came_and_was_not_yet_read_keeps_a_connection_from_use(unread: bytes | None):
    """The backend speaks, or ends, after the event loop last looked and before the next request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pool = pool_of(f"http://127.0.0.1:{listener.getsockname()[1]}")
        connection = await pool.acquire(fresh=False)
        backend, _ = listener.accept()
        pool.release(connection)
        backend.close() if unread is None else backend.sendall(unread)
        other = await pool.acquire(fresh=False)
        assert other is not connection
        assert not connection.usable
        pool.release(other)
        pool.close()
        backend.close()


@both_loops
@pytest.mark.parametrize("trusted", [True, False])
async def test_a_closed_pool_keeps_nothing(evil: EvilBackend, trusted: bool):
    pool = pool_of(evil.url, connections=3, trusted=trusted)
    held, kept = [await pool.acquire(fresh=False) for _ in range(2)]
    pool.release(kept)
    pool.close()
    assert not kept.usable
    await held.exchange(MESSAGE)
    pool.release(held)
    assert not held.usable
    late = await pool.acquire(fresh=False)
    await late.exchange(MESSAGE)
    pool.release(late)
    assert await evil.all_closed()
    assert await is_whole(pool, 3)
    assert await evil.all_closed()


async def test_a_pool_that_was_closed_untried_watches_nothing(evil: EvilBackend):
    pool = pool_of(evil.url, trusted=False)
    held = await pool.acquire(fresh=False)
    pool.close()
    pool.release(held)
    assert not held.usable
    assert await is_whole(pool)


@both_loops
async def test_while_the_first_connection_is_watched_it_keeps_its_slot_and_the_others_are_closed(evil: EvilBackend):
    pool = pool_of(evil.url, connections=2, trusted=False)
    watched, other = [await pool.acquire(fresh=False) for _ in range(2)]
    pool.release(watched)
    pool.release(other)
    assert watched.usable
    assert not other.usable
    fresh = await pool.acquire(fresh=False)
    assert fresh is not watched
    waiter = await waiting_for(pool)
    with anyio.fail_after(PATIENCE):
        assert await waiter is watched
    pool.release(watched)
    pool.release(fresh)
    assert watched.usable
    assert fresh.usable
    pool.close()


@both_loops
async def test_bytes_that_come_at_the_end_of_the_watch_are_seen():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pool = pool_of(f"http://127.0.0.1:{listener.getsockname()[1]}", trusted=False)
        connection = await pool.acquire(fresh=False)
        backend, _ = listener.accept()
        pool.release(connection)
        backend.sendall(b"x")
        pool._end_watch()
        assert not connection.usable
        assert not pool._manners.trusted
        assert await is_whole(pool)
        pool.close()
        backend.close()


async def test_after_an_offence_nothing_that_was_kept_before_is_used(evil: EvilBackend):
    pool = pool_of(evil.url, connections=3)
    held = [await pool.acquire(fresh=False) for _ in range(3)]
    pool.release(held[0])
    pool.release(held[1])
    held[1].data_received(b"x")
    pool.release(held[2])
    assert not held[2].usable
    assert await pool.acquire(fresh=False) not in held
    assert not held[0].usable
    pool.close()


@both_loops
async def test_an_answer_that_completes_in_the_moment_of_the_cancellation_leaves_a_clean_connection(pool: Pool):
    for cancelled_first in (True, False):
        connection = await pool.acquire(fresh=True)
        task = asyncio.create_task(connection.exchange(SLOW))
        await anyio.lowlevel.checkpoint()
        if cancelled_first:
            task.cancel()
        connection.data_received(answer())
        if not cancelled_first:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert connection.usable
        pool.release(connection)


@both_loops
@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\n", answer()[:-1]])
async def test_an_answer_that_is_not_whole_when_its_request_is_cancelled_ends_the_connection(
    evil: EvilBackend, pool: Pool, part: bytes
):
    connection = await pool.acquire(fresh=True)
    task = asyncio.create_task(connection.exchange(SLOW))
    await anyio.lowlevel.checkpoint()
    if part:
        connection.data_received(part)
    task.cancel()
    connection.data_received(b"x" * 5)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not connection.usable
    pool.release(connection)
    assert await evil.all_closed()


@both_loops
async def test_a_failure_in_the_moment_of_the_cancellation_is_not_complained_of_later(pool: Pool):
    told: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    for cancelled_first in (True, False):
        connection = await pool.acquire(fresh=True)
        task = asyncio.create_task(connection.exchange(SLOW))
        await anyio.lowlevel.checkpoint()
        if cancelled_first:
            task.cancel()
        connection.data_received(b"x")
        if not cancelled_first:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        pool.release(connection)
        del task, connection
        gc.collect()
    assert told == []


async def test_an_exchange_that_is_dropped_unfinished_ends_the_connection(evil: EvilBackend, pool: Pool):
    connection = await pool.acquire(fresh=True)
    exchange = connection.exchange(SLOW)
    exchange.send(None)
    exchange.close()
    assert not connection.usable
    pool.release(connection)
    assert await evil.all_closed()


@both_loops
async def test_a_backend_that_speaks_before_it_is_asked_is_not_asked(evil: EvilBackend, pool: Pool):
    connection = await pool.acquire(fresh=True)
    connection.data_received(answer())
    with pytest.raises(TransportError) as caught:
        await connection.exchange(MESSAGE)
    assert caught.value.fault is Fault.UNREACHABLE
    pool.release(connection)
    assert await evil.all_closed()
    assert evil.seen == []
