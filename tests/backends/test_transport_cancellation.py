"""A deadline ends everything, and whatever is cancelled leaves nothing behind."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.httpx_transport import HttpxTransport
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Request
from support.evil_backend import GOOD, EvilBackend
from support.transports import Carrying, Kind, both_loops, carrying

pytestmark = pytest.mark.anyio

DEADLINE = 0.3
PATIENCE = 10.0
CONNECTIONS = 10

STORM_PATHS = [
    "/ok",
    "/two",
    "/drip",
    "/drip_head",
    "/informational",
    "/informational_flood",
    "/endless",
    "/endless_header",
    "/large=15000",
    "/chunks",
    "/short",
    "/close",
    "/reset",
    "/reset_midway",
    "/slow=0.01",
    "/slow=60",
    "/bomb=1",
    "/garbage",
]

POLITE_PATHS = [*["/ok", "/chunks", "/segments=3000"] * 8, *(path for path in STORM_PATHS if path != "/two")]
"""After bytes that nobody asked for the direct transport keeps no connection: this storm is one over kept ones."""


def open_files() -> int:
    """How many files and sockets this process has open; 0 where the system does not tell."""
    place = Path("/proc/self/fd")
    return len(list(place.iterdir())) if place.is_dir() else 0


async def ask_safely(transport: Carrying, path: str) -> bytes | None:
    try:
        return (await transport.send(Request("GET", path))).body
    except TransportError:
        return None


async def with_a_scope(transport: Carrying, path: str, seconds: float) -> None:
    with anyio.move_on_after(seconds):
        await ask_safely(transport, path)


async def with_a_task(transport: Carrying, path: str, seconds: float) -> None:
    task = asyncio.ensure_future(ask_safely(transport, path))
    await asyncio.wait({task}, timeout=seconds)
    task.cancel()
    await asyncio.wait({task})


async def all_places_are_free(evil: EvilBackend, transport: Carrying) -> bool:
    """Whether as many requests as the limit allows run at once, and no more; a place may be watched at first."""
    assert await evil.nothing_left()
    evil.most_busy = 0
    bodies: list[bytes | None] = []

    async def ask() -> None:
        bodies.append(await ask_safely(transport, "/slow=0.05"))

    with anyio.fail_after(PATIENCE):
        for _ in range(4):
            async with anyio.create_task_group() as tasks:
                for _ in range(2 * CONNECTIONS):
                    tasks.start_soon(ask)
            if evil.most_busy >= CONNECTIONS:
                break
    return set(bodies) == {GOOD} and evil.most_busy == CONNECTIONS


@pytest.mark.parametrize("path", ["/informational", "/informational_flood"])
async def test_interim_answers_without_end_are_ended(evil: EvilBackend, transport: Carrying, path: str):
    with anyio.fail_after(PATIENCE):
        if isinstance(transport, DirectTransport):
            with pytest.raises(TransportError, match="interim"):
                await transport.send(Request("GET", path))
        else:
            with anyio.move_on_after(DEADLINE) as scope:
                await transport.send(Request("GET", path))
            assert scope.cancelled_caught
        assert await evil.all_closed()


@pytest.mark.parametrize("path", ["/drip", "/drip_head", "/slow=60"])
async def test_the_callers_scope_ends_every_stall(evil: EvilBackend, transport: Carrying, path: str):
    with anyio.fail_after(PATIENCE):
        with anyio.move_on_after(DEADLINE) as scope:
            await transport.send(Request("GET", path))
        assert scope.cancelled_caught
        assert await evil.all_closed()


async def test_the_callers_scope_ends_the_wait_for_a_place(evil: EvilBackend, kind: Kind):
    async with carrying(kind, evil.url, connections=1) as transport:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask_safely, transport, "/slow=60")
            with anyio.fail_after(PATIENCE):
                await evil.asked()
                with anyio.move_on_after(DEADLINE) as scope:
                    await transport.send(Request("GET", "/ok"))
            tasks.cancel_scope.cancel()
        assert scope.cancelled_caught
        assert len(evil.seen) == 1
        assert await ask_safely(transport, "/ok") == GOOD


async def test_a_backend_that_is_in_use_up_to_its_limit_hinders_no_other(transport: Carrying, kind: Kind):
    async with (
        EvilBackend() as other,
        carrying(kind, other.url) as neighbour,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(3 * CONNECTIONS):
            tasks.start_soon(ask_safely, transport, "/slow=60")
        with anyio.fail_after(PATIENCE):
            assert await ask_safely(neighbour, "/ok") == GOOD
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("path", ["/informational_flood", "/crumbs=19000", "/endless_header"])
async def test_a_flood_leaves_other_requests_their_turn(transport: Carrying, kind: Kind, path: str):
    async with (
        EvilBackend() as other,
        carrying(kind, other.url) as calm,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(ask_safely, transport, path)
        with anyio.fail_after(PATIENCE):
            for _ in range(2):
                assert await ask_safely(calm, "/ok") == GOOD
        tasks.cancel_scope.cancel()


async def test_a_body_in_crumbs_leaves_others_their_turn_while_it_is_read(evil: EvilBackend):
    """Of the httpx transport: it reads each piece by itself, where the direct one reads what has come at once."""
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await anyio.lowlevel.checkpoint()
            turns += 1

    async with carrying(HttpxTransport, evil.url, largest_body=20_000) as transport, anyio.create_task_group() as tasks:
        tasks.start_soon(take_turns)
        assert await ask_safely(transport, "/crumbs=19000") == b"x" * 19000
        tasks.cancel_scope.cancel()
    assert turns > 200


Cancelled = Callable[[Carrying, str, float], Awaitable[None]]


async def survives_a_storm(evil: EvilBackend, kind: Kind, cancelled: Cancelled, paths: list[str], rounds: int) -> bool:
    """Whether, after rounds of forty requests that are cancelled at any moment, nothing is lost and nothing open."""
    dice = random.Random(20261107)
    files = open_files()
    failures: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    async with carrying(kind, evil.url, connections=CONNECTIONS, largest_body=20_000) as transport:
        assert await all_places_are_free(evil, transport)
        with anyio.fail_after(rounds):
            for _ in range(rounds):
                async with anyio.create_task_group() as tasks:
                    for _ in range(40):
                        tasks.start_soon(cancelled, transport, dice.choice(paths), dice.uniform(0.0005, 0.03))
        assert await all_places_are_free(evil, transport)
    with anyio.fail_after(PATIENCE):  # uvloop closes sockets some turns later
        while open_files() > files:  # noqa: ASYNC110 -- nothing tells of a closed file
            await anyio.sleep(0.01)
    return failures == [] and await evil.all_closed()


@both_loops
@pytest.mark.parametrize("cancelled", [with_a_scope, with_a_task])
async def test_a_storm_of_cancellations_leaks_nothing(evil: EvilBackend, kind: Kind, cancelled: Cancelled):
    if kind is HttpxTransport:
        assert await survives_a_storm(evil, kind, cancelled, STORM_PATHS, rounds=6)
    else:
        assert await survives_a_storm(evil, kind, cancelled, POLITE_PATHS, rounds=25)


@pytest.mark.slow
@both_loops
@pytest.mark.parametrize("paths", [STORM_PATHS, POLITE_PATHS], ids=["rude", "polite"])
@pytest.mark.parametrize("cancelled", [with_a_scope, with_a_task])
async def test_ten_thousand_cancelled_requests_leak_nothing(
    evil: EvilBackend, kind: Kind, cancelled: Cancelled, paths: list[str]
):
    assert await survives_a_storm(evil, kind, cancelled, paths, rounds=250)


@both_loops
async def test_a_connection_that_is_cancelled_in_its_tls_handshake_is_closed(evil: EvilBackend, kind: Kind):
    async with carrying(kind, f"https://127.0.0.1:{evil.port}", connections=CONNECTIONS) as transport:
        async with anyio.create_task_group() as tasks:
            for _ in range(CONNECTIONS):
                tasks.start_soon(with_a_scope, transport, "/ok", DEADLINE)
        assert evil.accepted == CONNECTIONS
        assert await evil.all_closed()


async def test_a_connection_that_is_not_made_in_time_is_unreachable(evil: EvilBackend, kind: Kind):
    async with carrying(kind, f"https://127.0.0.1:{evil.port}", connect_within=DEADLINE) as transport:
        with anyio.fail_after(PATIENCE), pytest.raises(TransportError, match="in time") as caught:
            await transport.send(Request("GET", "/ok"))
        assert caught.value.fault is Fault.UNREACHABLE
        assert await evil.all_closed()
