"""One connection by itself: what it takes for the answer to its request."""

from __future__ import annotations

import asyncio
import socket

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


@both_loops
async def test_what_came_before_the_request_left_is_no_answer_to_it():
    loop, outbox = asyncio.get_running_loop(), Outbox()
    ours, theirs = socket.socketpair()
    with theirs:
        _, connection = await loop.create_connection(lambda: Connection(1000, Manners(), outbox), sock=ours)
        outbox.put(Other(), b"", loop)
        asked = asyncio.ensure_future(connection.exchange(MESSAGE))
        outbox.put(Other(), b"", loop)
        connection.data_received(ANSWER)  # nobody has asked: the request is not even begun
        with anyio.fail_after(10), pytest.raises(TransportError):
            await asked
        assert not connection.usable


@both_loops
async def test_what_comes_while_the_request_waits_to_leave_is_no_answer_either():
    loop, outbox = asyncio.get_running_loop(), Outbox()
    ours, theirs = socket.socketpair()
    with theirs:
        _, connection = await loop.create_connection(lambda: Connection(1000, Manners(), outbox), sock=ours)
        outbox.put(Other(), b"", loop)
        asked = connection.exchange(MESSAGE)
        waiting = asked.send(None)  # up to where it waits, with the message in the outbox
        connection.data_received(ANSWER)
        assert not connection.answered
        outbox.flush()
        theirs.settimeout(10)
        assert await asyncio.to_thread(theirs.recv, 100) == b""  # nothing was sent any more
        with anyio.fail_after(10), pytest.raises(TransportError):
            await waiting
        asked.close()


@both_loops
async def test_a_request_that_was_given_up_before_it_left_is_not_sent():
    loop, outbox = asyncio.get_running_loop(), Outbox()
    ours, theirs = socket.socketpair()
    with theirs:
        _, connection = await loop.create_connection(lambda: Connection(1000, Manners(), outbox), sock=ours)
        outbox.put(Other(), b"", loop)
        asked = connection.exchange(MESSAGE)
        asked.send(None)
        asked.close()
        outbox.flush()
        theirs.settimeout(10)
        assert await asyncio.to_thread(theirs.recv, 100) == b""
