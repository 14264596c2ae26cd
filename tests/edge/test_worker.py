"""A worker does as its supervisor says. Here the supervisor is the test, and both share a process."""

import asyncio
import io
import pickle
import socket
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest

from jobgateway.edge.channel import Channel, Discard, Drain, Drained, Prepare, Prepared, Ready, Swap, Swapped
from jobgateway.edge.service import Terms
from jobgateway.edge.signals import Signals
from jobgateway.edge.standing import Standing
from jobgateway.edge.worker import Assignment, Worker
from jobgateway.observe.board import Board, Row
from jobgateway.observe.events import Events
from jobgateway.observe.ledger import Ledger
from support.edges import V2_LIST, config_of

pytestmark = pytest.mark.anyio

GONE = {"headers": {"authorization": "Bearer Sesame42"}, "trust_env": False}


class Supervised:
    """A worker at work, and what its supervisor has of it."""

    def __init__(self, channel, port, ledger, standing):
        self.channel = channel
        self.ledger = ledger
        self.standing = standing
        self._url = f"http://127.0.0.1:{port}"
        self.told = io.BytesIO()

    async def said(self):
        return await asyncio.wait_for(self.channel.receive(), 10)

    async def status(self, path=V2_LIST):
        async with httpx.AsyncClient(base_url=self._url, **GONE) as caller:
            return (await caller.get(path)).status_code


@asynccontextmanager
async def supervised():
    bound = socket.create_server(("127.0.0.1", 0))
    ours, its = socket.socketpair()
    ledger, standing = Ledger(), Standing(2)
    channel = await Channel.on(ours)
    side = Supervised(channel, bound.getsockname()[1], ledger, standing)
    terms = Terms(Events(side.told), access_log=False, grace=5)
    assignment = Assignment(0, config_of(workers=2), bound, its, ledger, standing, terms)
    running = asyncio.create_task(Worker(assignment, await Channel.on(its)).run(Signals()))
    try:
        assert await side.said() == Ready()
        yield side
    finally:
        await channel.aclose()
        await asyncio.wait_for(running, 10)


def moved():
    config = config_of(workers=2)
    routes = tuple(msgspec.structs.replace(route, prefix=("moved",)) for route in config.routes)
    return Prepare(pickle.dumps(msgspec.structs.replace(config, routes=routes)))


async def test_what_is_prepared_is_used_when_the_supervisor_says_so_and_not_before():
    async with supervised() as worker:
        worker.channel.send(moved())
        assert await worker.said() == Prepared([])
        assert [await worker.status(), await worker.status("/moved" + V2_LIST)] == [200, 404]

        worker.channel.send(Swap())
        assert await worker.said() == Swapped()
        assert [await worker.status(), await worker.status("/moved" + V2_LIST)] == [404, 200]


async def test_what_is_discarded_is_never_used():
    async with supervised() as worker:
        worker.channel.send(moved())
        assert await worker.said() == Prepared([])
        worker.channel.send(Discard())

        worker.channel.send(Swap())
        assert await worker.said() == Swapped()
        assert await worker.status() == 200


async def test_what_cannot_be_used_is_told_without_its_text_and_changes_nothing():
    async with supervised() as worker:
        worker.channel.send(Prepare(pickle.dumps("hush")))

        report = await worker.said()

        assert [error["type"] for error in report.errors] == ["AttributeError"]
        assert "hush" not in repr(report)
        assert await worker.status() == 200


async def test_a_drain_ends_with_a_last_word():
    async with supervised() as worker:
        worker.channel.send(Drain())

        assert await worker.said() == Drained(0)
        assert await worker.said() is None
        assert b'"event":"stopped","unanswered":0' in worker.told.getvalue()


async def test_without_its_supervisor_a_worker_ends():
    async with supervised() as worker:
        await worker.channel.aclose()

    assert b'"event":"stopped"' in worker.told.getvalue()


async def test_a_worker_counts_where_its_supervisor_reads_and_shows_that_it_lives():
    async with supervised() as worker:
        assert worker.standing.total() == 0
        first = worker.standing.beats(0)
        assert [await worker.status() for _ in range(3)] == [200] * 3

        board = Board("1.2.3", lambda: [Row("0", worker.ledger, None, starts=1, spent=0.0, ready=True)])
        assert 'jobgateway_worker_requests_total{worker="0"} 3.0' in board.exposition().decode()
        for _ in range(200):
            if worker.standing.beats(0) > first > 0:
                break
            await asyncio.sleep(0.02)
        assert worker.standing.beats(0) > first
