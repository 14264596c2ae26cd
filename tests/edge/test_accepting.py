"""Who accepts from a socket that several accept from. Here they share a loop, so that their turns are known."""

import asyncio
import errno
import socket
from functools import partial

import pytest

from jobgateway.edge.accepting import Acceptor
from jobgateway.edge.standing import Standing

pytestmark = pytest.mark.anyio


class Greeting(asyncio.Protocol):
    """Tells every connection who took it."""

    def __init__(self, acceptor, name):
        self._acceptor = acceptor
        self._name = name

    def connection_made(self, transport):
        self._acceptor.connections.add(self)
        self._transport = transport
        transport.write(self._name)

    def connection_lost(self, error):
        self._acceptor.connections.discard(self)

    def leave(self):
        self._transport.abort()


class Siblings:
    """Two acceptors on one socket, each with a descriptor of its own, as processes have."""

    def __init__(self, most=100, awake=(0, 1)):
        self.bound = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._ends = [self.bound.dup(), self.bound.dup()]
        self.standing = Standing(2)
        self.acceptors = [Acceptor(self.standing, index, most) for index in (0, 1)]
        self._awake = awake
        self._writers = []

    async def __aenter__(self):
        for index in (0, 1):
            self.standing.beat(index)
            if index in self._awake:
                self.open(index)
        return self

    def open(self, index):
        acceptor = self.acceptors[index]
        acceptor.open(self._ends[index], partial(Greeting, acceptor, b"%d" % index))

    async def __aexit__(self, *_):
        for acceptor in self.acceptors:
            acceptor.close()
            await acceptor.wait_closed()
            for connection in list(acceptor.connections):
                connection.leave()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)
        for end in (self.bound, *self._ends):
            end.close()

    async def greeted(self):
        """Who takes one more connection."""
        reader, writer = await asyncio.open_connection(*self.bound.getsockname())
        self._writers.append(writer)
        return int(await asyncio.wait_for(reader.readexactly(1), 10))


async def test_a_burst_is_shared():
    async with Siblings() as siblings:
        taken = await asyncio.gather(*(siblings.greeted() for _ in range(32)))

        assert 12 <= sum(taken) <= 20
        assert siblings.standing.total() == 32


async def test_who_has_more_lets_the_other_go_first():
    async with Siblings(awake=(1,)) as siblings:
        assert [await siblings.greeted() for _ in range(6)] == [1] * 6
        siblings.open(0)

        assert [await siblings.greeted() for _ in range(4)] == [0] * 4


async def test_a_sibling_without_a_heartbeat_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("jobgateway.edge.standing.FRESH", -1)
    async with Siblings(awake=(0,)) as siblings:
        siblings.standing.connected(1, 0)

        assert [await siblings.greeted() for _ in range(8)] == [0] * 8
        assert siblings.standing.fewest(7) == 7


async def test_a_sibling_that_does_not_come_keeps_nobody_waiting_for_long():
    async with Siblings(awake=(0,)) as siblings:
        siblings.standing.connected(1, 0)

        assert [await siblings.greeted() for _ in range(8)] == [0] * 8


async def test_who_is_full_leaves_the_rest_to_who_is_not():
    async with Siblings(most=2) as siblings:
        taken = [await siblings.greeted() for _ in range(4)]

        assert sorted(taken) == [0, 0, 1, 1]


async def test_whoever_closes_is_not_reckoned_with_any_more():
    async with Siblings() as siblings:
        first, second = siblings.acceptors
        first.close()
        first.close()

        assert [await siblings.greeted() for _ in range(4)] == [1] * 4
        assert siblings.standing.total() == len(second.connections) == 4


async def test_the_number_of_connections_falls_when_they_end():
    async with Siblings() as siblings:
        for _ in range(4):
            await siblings.greeted()

        for acceptor in siblings.acceptors:
            for connection in list(acceptor.connections):
                connection.leave()
        for _ in range(200):
            if siblings.standing.total() == 0:
                break
            await asyncio.sleep(0.01)

        assert siblings.standing.total() == 0


class Exhausted:
    """A listening socket of a process that can open no more descriptors, for some time."""

    def __init__(self, bound, refusals):
        self._bound = bound
        self._refusals = refusals

    def fileno(self):
        return self._bound.fileno()

    def setblocking(self, flag):
        self._bound.setblocking(flag)

    def accept(self):
        if self._refusals:
            raise OSError(self._refusals.pop(), "hush")
        return self._bound.accept()


async def test_accepting_goes_on_when_there_are_descriptors_again(monkeypatch):
    monkeypatch.setattr("jobgateway.edge.accepting.TRY_AGAIN", 0.01)
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"].errno))
    async with Siblings(awake=()) as siblings:
        acceptor = siblings.acceptors[0]
        exhausted = Exhausted(siblings.bound, [errno.ECONNABORTED, errno.EMFILE])
        acceptor.open(exhausted, lambda: Greeting(acceptor, b"0"))

        assert await siblings.greeted() == 0
        assert told == [errno.EMFILE]


async def test_who_is_full_takes_nothing_as_long_as_a_sibling_has_room(monkeypatch):
    monkeypatch.setattr("jobgateway.edge.accepting.PATIENCE", 0.0)
    async with Siblings(most=2, awake=(0,)) as siblings:
        assert [await siblings.greeted() for _ in range(2)] == [0, 0]
        siblings.standing.connected(1, 0)
        third = asyncio.create_task(siblings.greeted())
        await asyncio.sleep(0.1)
        assert len(siblings.acceptors[0].connections) == 2

        siblings.standing.leave(1)

        assert await third == 0
