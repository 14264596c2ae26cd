"""What the supervisor does about workers that fail it. Here the test plays the workers."""

import asyncio
import io
import json
import os
import signal
import socket
from functools import partial
from pathlib import Path

import msgspec
import pytest

from jobgateway.edge.channel import Channel, Discard, Drain, Prepare, Prepared, Swap, Swapped
from jobgateway.edge.crew import Crew
from jobgateway.edge.process import Process
from jobgateway.edge.reload import NotTakenError, Reloader, digest_of
from jobgateway.edge.rollout import Rollout
from jobgateway.observe.board import Board
from jobgateway.observe.events import Events
from support.edges import config_of

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not Path("/bin/sleep").exists(), reason="needs /bin/sleep")]

OLD = config_of(workers=2)
NEW = msgspec.structs.replace(OLD, routes=OLD.routes[:1])
ERRORS = [{"type": "RuntimeError", "frames": []}]


def sleeping():
    """The id of a process that does nothing."""
    return os.posix_spawn("/bin/sleep", ["sleep", "60"], {})


class Troupe:
    """A crew whose processes sleep, while the test speaks for them."""

    async def __aenter__(self):
        self.told = io.BytesIO()
        self.wanted = []
        self.crew = Crew(2, Events(self.told), self.wanted.append)
        self.board = Board("1.2.3", self.crew.rows)
        self.rollout = Rollout(OLD, self.crew, self.board)
        self.workers = []
        loop = asyncio.get_running_loop()
        for place in self.crew.places:
            ours, its = socket.socketpair()
            place.fill(Process(sleeping(), ours, loop, partial(self.crew.note_ready, place)))
            self.workers.append(await Channel.on(its))
        self._reaping = asyncio.create_task(self._reap())
        return self

    async def __aexit__(self, *_):
        for worker in self.workers:
            await worker.aclose()
        processes = self.crew.processes()
        self.crew.kill()
        await asyncio.gather(*(process.last_words() for process in processes))
        await self.ended(2)
        self._reaping.cancel()

    async def _reap(self):
        """In place of SIGCHLD, which belongs to whoever runs the tests."""
        while True:
            self.crew.reap()
            await asyncio.sleep(0.01)

    async def ended(self, count):
        """Wait until so many have ended."""
        for _ in range(1000):
            if len(self.crew.processes()) <= 2 - count:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("they have not ended")

    @property
    def events(self):
        return [json.loads(line) for line in self.told.getvalue().splitlines()]

    async def hear(self, index):
        return await asyncio.wait_for(self.workers[index].receive(), 10)


async def test_a_worker_without_a_heartbeat_is_ended_and_one_with_a_heartbeat_is_not(monkeypatch):
    monkeypatch.setattr("jobgateway.edge.crew.LOOK", 0.001)
    async with Troupe() as troupe:
        watching = asyncio.create_task(troupe.crew.watch())
        first, second = troupe.crew.processes()
        while first in troupe.crew.processes():
            troupe.crew.standing.beat(1)
            await asyncio.sleep(0)

        watching.cancel()

        stuck, ended = troupe.events
        assert (stuck["event"], stuck["worker"], stuck["pid"]) == ("worker_stuck", 0, first.pid)
        assert (ended["event"], ended["signal"]) == ("worker_ended", "SIGKILL")
        assert troupe.crew.processes() == [second]


async def test_workers_that_do_not_end_within_the_grace_are_ended(monkeypatch):
    monkeypatch.setattr("jobgateway.edge.crew.ENDING", 0.01)
    async with Troupe() as troupe:
        draining = asyncio.create_task(troupe.crew.drain(0.01))
        assert [await troupe.hear(index) for index in (0, 1)] == [Drain(), Drain()]
        for worker in troupe.workers:
            await worker.aclose()

        assert await asyncio.wait_for(draining, 10) == 0
        assert troupe.crew.processes() == []
        assert troupe.wanted == []


async def test_a_configuration_that_one_worker_cannot_use_is_used_by_none():
    async with Troupe() as troupe:
        putting = asyncio.create_task(troupe.rollout.put(NEW))
        for worker, errors in zip(troupe.workers, ([], ERRORS), strict=True):
            assert isinstance(await worker.receive(), Prepare)
            worker.send(Prepared(errors))

        with pytest.raises(NotTakenError) as raised:
            await asyncio.wait_for(putting, 10)

        assert raised.value.errors == ERRORS
        assert [await troupe.hear(index) for index in (0, 1)] == [Discard(), Discard()]
        assert troupe.rollout.config is OLD


async def test_who_refuses_a_reload_is_told_of_with_the_places_of_the_errors():
    async def load(_):
        return NEW

    async def put(_):
        raise NotTakenError(ERRORS)

    async with Troupe() as troupe:
        assert not await Reloader(OLD, put, troupe.board, Events(troupe.told), load=load).reload()

        (event,) = troupe.events
        assert (event["event"], event["outcome"], event["errors"]) == ("reload", "refused", ERRORS)
        assert b"jobgateway_config_last_reload_successful 0.0" in troupe.board.exposition()


async def test_a_reload_goes_on_without_those_who_died_or_fell_silent(monkeypatch):
    monkeypatch.setattr("jobgateway.edge.rollout.WITHIN", 0.2)
    async with Troupe() as troupe:
        dying, silent = troupe.crew.processes()
        os.kill(dying.pid, signal.SIGKILL)
        await troupe.workers[0].aclose()
        await troupe.ended(1)

        assert await asyncio.wait_for(troupe.rollout.put(NEW), 10) == digest_of(NEW)

        assert troupe.rollout.config == NEW
        assert isinstance(await troupe.hear(1), Prepare)
        await troupe.ended(2)
        assert [event["pid"] for event in troupe.events] == [dying.pid, silent.pid]


async def test_workers_that_died_during_a_reload_are_replaced_after_it():
    async with Troupe() as troupe:
        (process, _), (place, _) = troupe.crew.processes(), troupe.crew.places
        putting = asyncio.create_task(troupe.rollout.put(NEW))
        for worker in troupe.workers:
            assert isinstance(await worker.receive(), Prepare)

        process.kill()
        await troupe.workers[0].aclose()
        await troupe.ended(1)
        await asyncio.sleep(troupe.events[0]["next_in_s"] + 0.1)
        assert troupe.wanted == []

        troupe.workers[1].send(Prepared([]))
        assert await troupe.hear(1) == Swap()
        troupe.workers[1].send(Swapped())
        assert await asyncio.wait_for(putting, 10) == digest_of(NEW)
        assert troupe.wanted == [place]


async def test_enough_is_half_of_them():
    async with Troupe() as troupe:
        first, second = troupe.crew.places

        assert not troupe.crew.enough()
        first.process.ready = True
        assert troupe.crew.enough()
        second.process.ready = True
        assert troupe.crew.enough()
