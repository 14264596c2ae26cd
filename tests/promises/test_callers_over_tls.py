"""Group F over TLS: what is promised of slow callers holds from the first byte of a handshake to the last of an answer.

The tests' names begin with the promises' ids. Clocks are shown to the connections, and handshakes have a short time.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from jobgateway.config.model import Limits
from jobgateway.edge import accepting, protocol
from jobgateway.edge.patience import BODY_WITHIN, HEAD_WITHIN, KEEP_ALIVE, TAKES_WITHIN
from support.certificates import client_side
from support.served import GET, LAST, Secured, client_hello

pytestmark = pytest.mark.anyio
WHOLE = GET + b"\r\n"
MOMENT = 0.02
"""Seconds for bytes to get from one side of this process to the other."""
LATER = 1.2
"""Seconds: longer than a second, after which TLS that had not ended was once cut."""
MANY = 2000
"""Requests whose answers are more than the buffers on the way hold."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the other side ends the connection."""
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), 10)
    return b""


def statuses(served: Secured) -> list[int]:
    return [each.status for each in served.edge.kept.requests]


async def come_to(holds: Callable[[], bool]) -> None:
    """Wait for what comes within moments."""
    for _ in range(250):
        if holds():
            return
        await asyncio.sleep(MOMENT)
    raise AssertionError("it did not come to that")


HELLO = client_hello()
BEGINNINGS = {
    "nothing": b"",
    "a byte": HELLO[:1],
    "half a ClientHello": HELLO[: len(HELLO) // 2],
    "a header": HELLO[:5],
}


@pytest.mark.parametrize("said", BEGINNINGS.values(), ids=BEGINNINGS)
async def test_f1_a_handshake_that_is_not_gone_on_with_is_ended(tmp_path: Path, monkeypatch, said: bytes):
    monkeypatch.setattr(accepting, "HANDSHAKE", 0.1)
    async with Secured(tmp_path) as served:
        reader, writer = await served.begin()
        writer.write(said)

        assert await rest(reader) == b""
        await come_to(lambda: not served.handshakes)
        writer.close()
    assert served.edge.kept.requests == []


async def test_f1_a_drip_does_not_put_the_end_of_a_handshake_off(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(accepting, "HANDSHAKE", 0.1)
    async with Secured(tmp_path) as served:
        reader, writer = await served.begin()
        dripped = 0
        for byte in HELLO[:-1]:
            if reader.at_eof() or reader.exception():
                break
            writer.write(bytes([byte]))
            dripped += 1
            await asyncio.sleep(MOMENT)

        assert 0 < dripped < len(HELLO) - 1
        assert await rest(reader) == b""
        writer.close()


async def test_f1_who_says_nothing_once_it_speaks_tls_is_closed_without_a_word(tmp_path: Path):
    async with Secured(tmp_path) as served:
        reader, writer = await served.connect()
        await come_to(lambda: len(served.state.connections) == 1)
        served.look(HEAD_WITHIN - 1)
        assert len(served.state.connections) == 1
        served.look(HEAD_WITHIN + 1)

        assert await rest(reader) == b""
        await come_to(lambda: not served.state.connections)
        writer.close()
    assert served.edge.kept.requests == []


def flood(port: int) -> bytes:
    """Send a URL without an end until the other side ends it, and give what was said."""
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        with client_side().wrap_socket(raw, server_hostname="localhost") as caller:
            with contextlib.suppress(OSError):
                caller.sendall(b"GET /")
                while True:
                    caller.sendall(b"a" * 32 * 1024)
            with contextlib.suppress(OSError):
                return caller.recv(65_536)
    return b""


async def test_a7_who_goes_on_with_what_was_refused_is_not_read_on_for_long(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(protocol, "GOODBYE", 0.05)
    async with Secured(tmp_path) as served:
        flooding = asyncio.create_task(asyncio.to_thread(flood, served.port))
        await come_to(lambda: statuses(served) == [400])
        await come_to(lambda: not served.state.connections)

        assert (await flooding).startswith(b"HTTP/1.1 400 ")


LATE = {"half a head": b"GET / HT", "a body": GET + b"Content-Length: 10\r\n\r\nabc"}


@pytest.mark.parametrize("said", LATE.values(), ids=LATE)
async def test_f1_f2_what_does_not_come_whole_in_time_is_refused(tmp_path: Path, said: bytes):
    async with Secured(tmp_path) as served:
        reader, writer = await served.connect()
        writer.write(said)
        await come_to(lambda: any(not each._reading.between for each in served.state.connections))
        served.look(BODY_WITHIN - 1)
        served.look(BODY_WITHIN + 1)

        assert (await rest(reader)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def unread(served: Secured, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A caller with little room that reads nothing of its answers."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=raw, ssl=client_side(), server_hostname="localhost")
    await come_to(lambda: len(served.state.connections) == 1)
    (connection,) = served.state.connections
    connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    writer.transport.pause_reading()
    writer.write(request)
    return reader, writer


async def test_f3_who_does_not_read_is_answered_no_further_and_then_cut(tmp_path: Path):
    async with Secured(tmp_path) as served:
        _, writer = await unread(served, WHOLE * MANY)
        (connection,) = served.state.connections
        await come_to(lambda: connection._held)
        answered = len(served.edge.kept.requests)
        assert 0 < answered < MANY
        served.look(TAKES_WITHIN - 1)
        assert len(served.state.connections) == 1
        served.look(TAKES_WITHIN + 1)

        await come_to(lambda: not served.state.connections)
        assert len(served.edge.kept.requests) == answered
        writer.transport.abort()


@pytest.mark.parametrize("answers", [200, MANY], ids=["all on the way", "held back"])
async def test_f3_who_reads_late_gets_everything_also_where_the_connection_ends_with_it(tmp_path: Path, answers: int):
    async with Secured(tmp_path) as served:
        reader, writer = await unread(served, WHOLE * answers + LAST)
        (connection,) = served.state.connections
        await come_to(lambda: connection._held or connection.transport.is_closing())
        if not connection._held:
            await asyncio.sleep(LATER)
        served.look(0)
        served.look(TAKES_WITHIN - 2 * LATER)
        writer.transport.resume_reading()

        assert (await rest(reader)).count(b"HTTP/1.1 200 OK") == answers + 1
        writer.close()


async def test_f3_who_reads_nothing_of_what_a_connection_ends_with_is_cut(tmp_path: Path):
    async with Secured(tmp_path) as served:
        _, writer = await unread(served, WHOLE * 200 + LAST)
        (connection,) = served.state.connections
        await come_to(connection.transport.is_closing)
        served.look(0)
        served.look(TAKES_WITHIN - 1)
        assert len(served.state.connections) == 1
        served.look(TAKES_WITHIN + 1)

        await come_to(lambda: not served.state.connections)
        writer.transport.abort()


async def test_f4_handshakes_that_are_not_gone_on_with_give_way_to_callers(tmp_path: Path):
    async with Secured(tmp_path, config={"limits": Limits(connections=3)}) as served:
        flood = [await served.begin() for _ in range(40)]
        for number, (_, writer) in enumerate(flood):
            writer.write(HELLO[: number * 4])
        answers = [await served.talk(LAST, pause=0) for _ in range(10)]
        await come_to(lambda: served.handshakes <= accepting.OVER * 3)

        assert {answer[:15] for answer in answers} == {b"HTTP/1.1 200 OK"}
        for _, writer in flood:
            writer.close()


@pytest.mark.parametrize("silent", [b"", b"GET / HT"], ids=["nothing", "half a head"])
async def test_f4_idle_connections_do_not_count_against_the_healthy(tmp_path: Path, silent: bytes):
    async with Secured(tmp_path, config={"limits": Limits(connections=3)}) as served:
        idle = [await served.connect() for _ in range(3)]
        for _, writer in idle:
            writer.write(silent)
        answers = [await served.talk(LAST, pause=0) for _ in range(10)]

        assert {answer[:15] for answer in answers} == {b"HTTP/1.1 200 OK"}
        for _, writer in idle:
            writer.transport.abort()


async def test_f5_an_idle_connection_is_closed_when_its_time_is_over_whether_its_caller_says_goodbye_or_not(
    tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(protocol, "GOODBYE", 0.05)
    async with Secured(tmp_path) as served:
        polite, silent = [await served.connect() for _ in range(2)]
        for each in (polite, silent):
            await served.ask(*each)
        silent[1].transport.pause_reading()  # so it hears nothing of the end
        served.look(KEEP_ALIVE - 1)
        assert len(served.state.connections) == 2
        served.look(KEEP_ALIVE + 1)

        assert await rest(polite[0]) == b""
        await come_to(lambda: not served.state.connections)
        for _, writer in (polite, silent):
            writer.transport.abort()
