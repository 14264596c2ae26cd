"""Group F: slow and many peers. What takes too long is ended by an absolute time, and room is for who uses it.

The tests' names begin with the promises' ids. Clocks are shown to the connections, nobody waits for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from jobgateway.config.model import Limits
from jobgateway.edge.patience import BODY_WITHIN, HEAD_WITHIN, KEEP_ALIVE, LEAST_TAKEN, SETTLED, TAKES_WITHIN, Stall
from support.edges import EdgeUnderTest, Gate
from support.served import GET, LAST, Served

pytestmark = pytest.mark.anyio
WHOLE = GET + b"\r\n"
BODY = GET + b"Content-Length: 10\r\n\r\n"
MOMENT = 0.02
"""Seconds for bytes to get from one side of this process to the other."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop that gateways run on: when it says that a caller is behind is its own affair."""
    return "asyncio", {"use_uvloop": True}


async def sent(served: Served, *pieces: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which these bytes have arrived."""
    reader, writer = await served.connect()
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(MOMENT)
    await asyncio.sleep(MOMENT)
    return reader, writer


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the other side ends the connection."""
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), 5)
    return b""


def statuses(edge: EdgeUnderTest) -> list[tuple[int, str | None]]:
    return [(each.status, each.reason) for each in edge.kept.requests]


async def test_f1_who_says_nothing_is_closed_without_a_word():
    async with Served() as served:
        reader, writer = await sent(served)
        served.look(HEAD_WITHIN - 1)
        assert len(served.state.connections) == 1
        served.look(HEAD_WITHIN + 1)

        assert await rest(reader) == b""
        assert served.state.connections == set()
        writer.close()
    assert served.edge.kept.requests == []  # nobody asked, so there is nothing to be recorded


@pytest.mark.parametrize("before", [b"", WHOLE], ids=["the first", "a later one"])
async def test_f1_half_a_head_is_refused_when_its_time_is_over(before):
    async with Served() as served:
        reader, writer = await served.connect()
        if before:
            await served.ask(reader, writer, before)
        writer.write(b"GET / HT")
        await asyncio.sleep(MOMENT)
        served.look(HEAD_WITHIN - 1)
        served.look(HEAD_WITHIN + 1)
        said = await rest(reader)
        writer.close()

    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in said
    assert b"the head took more than 10 s" in said
    assert statuses(served.edge)[-1] == (408, "caller_late")


@pytest.mark.parametrize("start", [b"GET ", BODY], ids=["head", "body"])
async def test_f1_f2_a_drip_does_not_put_the_end_off(start):
    async with Served() as served:
        _, writer = await sent(served, start)
        (connection,) = served.state.connections
        began = connection.waited(0.0)
        for _ in range(3):
            writer.write(b"/")
            await asyncio.sleep(MOMENT)

        assert connection.waited(0.0) == began
        writer.close()


async def test_f1_empty_lines_between_requests_do_not_keep_an_idle_connection():
    async with Served() as served:
        reader, writer = await served.connect()
        await served.ask(reader, writer)
        (connection,) = served.state.connections
        began = connection.waited(0.0)
        writer.write(b"\r\n\r\n")
        await asyncio.sleep(MOMENT)

        assert connection.waited(0.0) == began
        writer.close()


CHUNKED = GET + b"Transfer-Encoding: chunked\r\n\r\n"
SLOW = {
    "announced": (BODY + b"abc", 408),
    "none of it": (BODY, 408),
    "chunked": (CHUNKED + b"3\r\nabc\r\n", 408),
    "after 100 (Continue)": (GET + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n", 408),
    "announced too large, dropped": (GET + b"Content-Length: 70000\r\n\r\n" + b"a" * 1000, 413),
    "chunked too large, dropped": (CHUNKED + b"11170\r\n" + b"a" * 69_000, 413),
}


@pytest.mark.parametrize("case", SLOW)
async def test_f2_a_body_that_is_late_is_refused_in_the_dialect(case):
    request, status = SLOW[case]
    async with Served() as served:
        reader, writer = await sent(served, request)
        served.look(BODY_WITHIN - 1)
        assert len(served.state.connections) == 1
        served.look(BODY_WITHIN + 1)
        said = await rest(reader)
        writer.close()

    said = said.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in said
    assert b'{"error":"' in said
    assert [each[0] for each in statuses(served.edge)] == [status]
    assert not served.edge.seen  # no backend is asked


async def test_f2_the_time_of_a_body_begins_where_its_head_ends():
    async with Served() as served:
        _, writer = await sent(served, BODY[:20])
        (connection,) = served.state.connections
        in_head = connection.waited(0.0)
        writer.write(BODY[20:])
        await asyncio.sleep(MOMENT)

        assert connection.waited(0.0) < in_head  # a later time to count from
        writer.close()


async def test_f2_what_is_late_behind_an_answer_under_way_is_late_when_that_is_out():
    gate = Gate()
    async with Served(gate=gate) as served:
        reader, writer = await sent(served, WHOLE)
        writer.write(BODY)
        await asyncio.sleep(MOMENT)
        served.look(BODY_WITHIN + 1)
        gate.open.set()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(MOMENT)
        (connection,) = served.state.connections
        assert connection.waited(asyncio.get_running_loop().time()) > MOMENT  # from when it came, not anew
        served.look(BODY_WITHIN + 1)

        assert b"HTTP/1.1 408 " in await rest(reader)
        writer.close()


async def stubborn(served: Served, request: bytes) -> socket.socket:
    """A caller with little room that reads nothing."""
    loop = asyncio.get_running_loop()
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    caller.setblocking(False)
    await loop.sock_connect(caller, ("127.0.0.1", served.port))
    await asyncio.sleep(MOMENT)
    (connection,) = served.state.connections
    connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    await loop.sock_sendall(caller, request)
    for _ in range(500):
        if connection._held:
            return caller
        await asyncio.sleep(MOMENT)
    raise AssertionError("nothing waits to be taken")


MANY = 2000
"""Requests whose answers are more than the buffers on the way hold."""


async def test_f3_who_does_not_read_is_answered_no_further_and_then_cut():
    async with Served() as served:
        caller = await stubborn(served, WHOLE * MANY)
        (connection,) = served.state.connections
        answered = len(served.edge.kept.requests)
        waiting = connection.transport.get_write_buffer_size()
        assert 0 < answered < MANY
        assert waiting < 256 * 1024
        await asyncio.sleep(0.1)
        assert len(served.edge.kept.requests) == answered

        served.look(TAKES_WITHIN - 1)
        assert len(served.state.connections) == 1
        served.look(TAKES_WITHIN + 1)
        await asyncio.sleep(MOMENT)
        assert served.state.connections == set()
        assert served.state.tasks == set()
        caller.close()
    assert statuses(served.edge) == [(200, None)] * answered


async def test_f3_who_reads_late_gets_everything():
    async with Served() as served:
        caller = await stubborn(served, WHOLE * MANY)
        assert len(served.edge.kept.requests) < MANY
        reader, writer = await asyncio.open_connection(sock=caller)
        said = b""
        while said.count(b"HTTP/1.1 200 OK") < MANY:
            said += await asyncio.wait_for(reader.read(65536), 5)
        writer.close()

    assert len(served.edge.kept.requests) == MANY


@pytest.mark.parametrize("how", ["asked to", "told to by the server"])
async def test_f3_a_connection_that_closes_and_never_drains_is_cut(how):
    async with Served() as served:
        caller = await stubborn(served, WHOLE * MANY)
        (connection,) = served.state.connections
        if how == "asked to":
            connection.transport.close()
        else:
            connection.shutdown()
        await asyncio.sleep(MOMENT)
        assert len(served.state.connections) == 1
        served.look(0)
        served.look(TAKES_WITHIN + 1)
        await asyncio.sleep(MOMENT)

        assert served.state.connections == set()
        caller.close()


def test_f3_enough_is_taken_or_the_time_is_over():
    stall = Stall(100.0, 5 * LEAST_TAKEN)

    assert not stall.too_long(100.0 + TAKES_WITHIN, 5 * LEAST_TAKEN)
    assert not stall.too_long(101.0 + TAKES_WITHIN, 4 * LEAST_TAKEN)
    assert not stall.too_long(101.0 + 2 * TAKES_WITHIN, 4 * LEAST_TAKEN)
    assert stall.too_long(102.0 + 2 * TAKES_WITHIN, 3 * LEAST_TAKEN + 1)  # all but a byte


async def full(served: Served, *requests: bytes) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connections that fill the room: each is answered, or has sent what is no whole request."""
    made = []
    for request in requests:
        reader, writer = await served.connect()
        if request == WHOLE:
            await served.ask(reader, writer)
        else:
            writer.write(request)
        await asyncio.sleep(MOMENT)  # the clock of uvloop counts milliseconds
        made.append((reader, writer))
    return made


@pytest.mark.parametrize("silent", [b"", b"GET / HT", BODY], ids=["nothing", "half a head", "half a request"])
async def test_f4_idle_sockets_do_not_count_against_the_healthy(silent):
    async with Served(config={"limits": Limits(connections=3)}) as served:
        idle = await full(served, silent, silent, silent)
        for _ in range(10):
            assert (await served.talk(LAST, pause=0)).startswith(b"HTTP/1.1 200 OK")
        assert await rest(idle[0][0]) == b""  # who had waited longest
        for _, writer in idle:
            writer.close()


async def test_f4_who_was_answered_just_now_stays_and_the_newcomer_is_told():
    async with Served(config={"limits": Limits(connections=2)}) as served:
        kept = await full(served, WHOLE, WHOLE)
        assert (await served.talk(LAST)).startswith(b"HTTP/1.1 503 ")
        for reader, writer in kept:
            assert (await served.ask(reader, writer)).startswith(b"HTTP/1.1 200 OK")
            writer.close()


def advance(served: Served, seconds: float) -> None:
    """As if those that are connected had waited so much longer."""
    for connection in served.state.connections:
        connection._since -= seconds


@pytest.mark.parametrize(
    ("connected", "leaves"),
    [
        ([WHOLE, WHOLE, WHOLE], 0),
        ([WHOLE, b"", WHOLE], 1),
        ([WHOLE, WHOLE, b"GET"], 2),
        ([WHOLE, b"", b""], 1),
    ],
    ids=["the longest idle", "a silent one first", "half a head first", "the longest silent"],
)
async def test_f4_who_is_the_least_loss_gives_way(connected, leaves):
    async with Served(config={"limits": Limits(connections=3)}) as served:
        made = await full(served, *connected)
        advance(served, 2 * SETTLED)
        assert (await served.talk(LAST)).startswith(b"HTTP/1.1 200 OK")

        ended = [reader.at_eof() for reader, _ in made]
        assert ended == [index == leaves for index in range(3)]
        for _, writer in made:
            writer.close()


async def test_f4_a_newcomer_does_not_give_way_while_others_are_idle():
    async with Served(config={"limits": Limits(connections=3)}) as served:
        made = await full(served, WHOLE, WHOLE)
        advance(served, 2 * SETTLED)
        made += await full(served, b"")
        assert (await served.talk(LAST)).startswith(b"HTTP/1.1 200 OK")

        assert [reader.at_eof() for reader, _ in made] == [True, False, False]
        for _, writer in made:
            writer.close()


async def under_way(served: Served, requests: int) -> None:
    for _ in range(500):
        if len(served.state.tasks) == requests:
            return
        await asyncio.sleep(MOMENT)
    raise AssertionError(f"{len(served.state.tasks)} requests are under way")


async def test_f4_nobody_gives_way_whose_request_is_being_answered():
    gate = Gate()
    async with Served(config={"limits": Limits(connections=2)}, gate=gate) as served:
        asking = [asyncio.create_task(served.talk(LAST)) for _ in range(2)]
        await under_way(served, 2)
        advance(served, 100.0)
        assert (await served.talk(LAST)).startswith(b"HTTP/1.1 503 ")
        gate.open.set()

        assert [said[:15] for said in await asyncio.gather(*asking)] == [b"HTTP/1.1 200 OK"] * 2


async def test_f4_those_that_are_told_that_they_are_too_many_are_not_too_many():
    gate = Gate()
    async with Served(config={"limits": Limits(connections=2)}, gate=gate) as served:
        asking = [asyncio.create_task(served.talk(LAST)) for _ in range(2)]
        await under_way(served, 2)
        flood = [await served.connect() for _ in range(20)]
        await asyncio.sleep(MOMENT)

        assert len(served.state.connections) <= 4
        for _, writer in flood:
            writer.close()
        gate.open.set()
        await asyncio.gather(*asking)


async def test_f5_an_idle_connection_is_closed_when_its_time_is_over():
    async with Served() as served:
        reader, writer = await served.connect()
        await served.ask(reader, writer)
        served.look(KEEP_ALIVE - 1)
        assert len(served.state.connections) == 1
        served.look(KEEP_ALIVE + 1)

        assert await rest(reader) == b""
        assert served.state.connections == set()
        writer.close()


async def test_f5_who_ends_its_side_is_gone_and_so_is_its_work():
    gate = Gate()
    async with Served(gate=gate) as served:
        reader, writer = await sent(served, WHOLE)
        await asyncio.wait_for(gate.reached.wait(), 5)
        writer.write_eof()

        assert await rest(reader) == b""
        await asyncio.wait_for(gate.left_early.wait(), 5)
        await asyncio.gather(*served.state.tasks)
        writer.close()
    assert statuses(served.edge) == [(499, "caller_gone")]
