"""Group F at its size: thousands of connections to a gateway in a process of its own, and callers in order beside them.

Figures are compared side by side in one run, and print with ``-s``.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import pytest

from support.ears import Mouth
from support.edges import V2_LIST
from support.memory import resident
from support.running import DEMO, Process

MANY = 2000
FLOOD = 5000
ROOM = DEMO + "limits: {connections: 4096}\n"
REQUEST = f"GET {V2_LIST} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Sesame42\r\n\r\n".encode()
FRESH = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HALF = REQUEST[:-10]
PAIRS = 3000
MOST_EACH = 8 * 1024
"""Bytes for each connection that is half open."""
RATIO = 1.15
"""How much slower the median caller may be beside them; two gateways alike differ by a few percent."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process in /proc"),
    pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2 * FLOOD, reason="needs more open files"),
]


@asynccontextmanager
async def half_open(process: Process, count: int, said: bytes = HALF) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many connections that have said this."""
    readers, writers = [], []
    try:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
            writer.write(said)
            readers.append(reader)
            writers.append(writer)
        yield readers
    finally:
        for writer in writers:
            writer.transport.abort()


async def timed(mouth: Mouth) -> float:
    began = perf_counter()
    answer = await mouth.ask(REQUEST)
    assert answer.startswith(b"HTTP/1.1 200 ")
    return perf_counter() - began


@pytest.mark.parametrize("said", [b"", HALF], ids=["silent", "half a head"])
async def test_f1_connections_half_open_cost_little_memory(tmp_path, said):
    async with Process(tmp_path, ROOM) as process:
        await process.ready()
        async with half_open(process, 50, said):
            await Mouth(process.port).ask(FRESH)  # what is there once is there, and all 50 are made
            before = resident(process.pid)
            async with half_open(process, MANY, said) as readers:
                await Mouth(process.port).ask(FRESH)
                each = (resident(process.pid) - before) / MANY
                assert not any(reader.at_eof() for reader in readers)  # none is cut yet

    sys.stdout.write(f"\n{said[:8]!r}: {each:.0f} bytes each\n")
    assert each < MOST_EACH


async def test_f1_callers_beside_connections_half_open_wait_no_longer(tmp_path):
    (tmp_path / "quiet").mkdir()
    async with Process(tmp_path, ROOM) as crowded, Process(tmp_path / "quiet", ROOM) as quiet:
        await crowded.ready()
        await quiet.ready()
        beside, alone = Mouth(crowded.port), Mouth(quiet.port)
        for _ in range(500):
            await timed(beside)
            await timed(alone)
        async with half_open(crowded, MANY) as readers:
            took = [(await timed(beside), await timed(alone)) for _ in range(PAIRS)]
            assert not any(reader.at_eof() for reader in readers)
        await beside.close()
        await alone.close()

    medians = [statistics.median(side) * 1e6 for side in zip(*took, strict=True)]
    late = [statistics.quantiles(side, n=100)[98] * 1e6 for side in zip(*took, strict=True)]
    sys.stdout.write(
        f"\nbeside {MANY}: median {medians[0]:.0f} us, p99 {late[0]:.0f} us; alone {medians[1]:.0f}, {late[1]:.0f} us\n"
    )
    assert medians[0] / medians[1] < RATIO


@pytest.mark.parametrize("said", [b"", HALF], ids=["silent", "half a head"])
async def test_f4_a_flood_of_idle_sockets_fails_no_caller(tmp_path, said):
    """Far more of them than there is room for; callers with connections of their own and with fresh ones."""
    asked = failed = 0
    async with Process(tmp_path, DEMO + "limits: {connections: 256}\n") as process:
        await process.ready()
        kept = [Mouth(process.port) for _ in range(8)]
        flooding = asyncio.create_task(_flood(process, said))
        while not flooding.done():
            for mouth in (*kept, Mouth(process.port)):
                answer = await mouth.ask(REQUEST if mouth in kept else FRESH)
                asked += 1
                failed += not answer.startswith(b"HTTP/1.1 200 ")
        await flooding
        for mouth in kept:
            await mouth.close()

    sys.stdout.write(f"\n{asked} asked during {FLOOD} idle sockets, {failed} failed\n")
    assert asked > len(kept)
    assert failed == 0


async def _flood(process: Process, said: bytes) -> None:
    async with half_open(process, FLOOD, said):
        await asyncio.sleep(0)
