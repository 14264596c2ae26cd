"""One connection by itself: what it takes for the answer to its request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from jobgateway.backends.direct.connection import Connection
from jobgateway.backends.direct.manners import Manners
from jobgateway.backends.transport import TransportError
from jobgateway.outbox import Outbox
from support.transports import both_loops

pytestmark = pytest.mark.anyio

MESSAGE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Other:
    """Somebody else who sends something in the same turn."""

    def send(self, message: bytes) -> None:
        """Send nothing to anybody."""


@asynccontextmanager
async def turn() -> AsyncIterator[tuple[Connection, Outbox, socket.socket]]:
    """A connection whose next message has to wait, for another one has left in this turn; and the backend's end of it."""
    outbox = Outbox()
    ours, theirs = socket.socketpair()
    with theirs:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(1000, Manners(), outbox), sock=ours)
        outbox.put(Other(), b"", loop)
        yield connection, outbox, theirs


async def heard(theirs: socket.socket) -> bytes:
    """What the backend reads next."""
    theirs.settimeout(10)
    return await asyncio.to_thread(theirs.recv, 100)


@both_loops
async def test_a_request_leaves_with_the_others_of_its_turn():
    async with turn() as (connection, outbox, theirs):
        asked = connection.exchange(MESSAGE)
        asked.send(None)  # up to where it waits, with the message in the outbox
        outbox.flush()
        assert await heard(theirs) == MESSAGE
        asked.close()


@both_loops
async def test_what_comes_while_the_request_waits_to_leave_is_no_answer_to_it():
    async with turn() as (connection, outbox, theirs):
        asked = connection.exchange(MESSAGE)
        waiting = asked.send(None)
        connection.data_received(ANSWER)
        assert not connection.answered
        assert not connection.usable
        outbox.flush()
        assert await heard(theirs) == b""  # nothing was sent any more
        with anyio.fail_after(10), pytest.raises(TransportError):
            await waiting
        asked.close()


@both_loops
async def test_a_request_that_was_given_up_before_it_left_is_not_sent():
    async with turn() as (connection, outbox, theirs):
        asked = connection.exchange(MESSAGE)
        asked.send(None)
        asked.close()
        outbox.flush()
        assert await heard(theirs) == b""
