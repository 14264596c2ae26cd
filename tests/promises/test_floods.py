"""Groups A and D at their size: what has no end costs a gateway in a process of its own nothing, from either side.

The tests' names begin with the promises' ids; what was measured prints with ``-s``.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import itertools
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import pytest

from support.ears import Mouth, said
from support.gateways import SCOPE
from support.listening import Listening
from support.memory import TOLD, Growth
from support.running import DEMO, PATIENCE, PORTS, Process

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not TOLD, reason="the system does not tell in /proc")]
MIB = 1024 * 1024
FLAT = MIB
"""Bytes that a gateway may grow by for one flood."""
TARGET = f"/public/{SCOPE}/jobs"
HEAD = f"GET {TARGET} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Sesame42\r\n".encode()
SMALL = 16 * 1024
"""Bytes that the flood's own socket holds back, so that what it has sent is what the other side has taken."""
TAKEN = MIB
"""The most that is taken of a flood; the system takes what its buffers hold, and the gateway some KiB."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def endless(first: bytes, piece: bytes) -> Iterator[bytes]:
    """64 MiB."""
    yield first
    yield from itertools.repeat(piece * (32 * 1024 // len(piece)), 2048)


def numbered() -> Iterator[bytes]:
    """A million headers."""
    yield HEAD
    for thousand in range(1000):
        yield b"".join(b"X-%d: a\r\n" % (thousand * 1000 + number) for number in range(1000))


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FLOODS: dict[str, Callable[[], Iterator[bytes]]] = {
    "a header of 64 MiB": lambda: endless(HEAD + b"X: ", b"a"),
    "a million headers": numbered,
    "a URL of 64 MiB": lambda: endless(b"GET /", b"a"),
    "a query of 64 MiB": lambda: endless(f"GET {TARGET}?".encode(), b"a=1&"),
    "a header's name": lambda: endless(HEAD, b"a"),
    "a trailer": lambda: endless(CHUNKED + b"0\r\nX: ", b"a"),
    "an extension of a chunk": lambda: endless(CHUNKED + b"5;", b"a"),
}


def flood(port: int, pieces: Iterator[bytes]) -> tuple[int, bytes]:
    """Send until there is an answer or no way on: how many bytes were taken, and what was said."""
    taken = 0
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        caller.settimeout(PATIENCE)
        caller.connect(("127.0.0.1", port))
        try:
            for piece in pieces:
                caller.sendall(piece)
                taken += len(piece)
        except ConnectionError:
            pass
        return taken, read(caller)


def read(caller: socket.socket) -> bytes:
    came = b""
    try:
        while data := caller.recv(65_536):
            came += data
    except ConnectionError:
        return came  # an end, too
    return came


@pytest.fixture
def note() -> Callable[[str, str], None]:
    def noted(name: str, what: str) -> None:
        sys.stdout.write(f"\n{name}: {what}\n")

    return noted


async def test_a7_a_flood_is_answered_at_its_beginning_and_memory_stays_flat(tmp_path, note):
    async with Process(tmp_path, DEMO, "--no-access-log") as process:
        await process.ready()
        for make in FLOODS.values():
            await asyncio.to_thread(flood, process.port, itertools.islice(make(), 32))  # what is there once is there
        found = {}
        for name, make in FLOODS.items():
            growth, began = Growth(process.pid), perf_counter()
            taken, answer = await asyncio.to_thread(flood, process.port, make())
            found[name] = (taken, growth.most(), answer[:13])
            note(name, f"{taken} bytes taken, {growth.most()} kept, {(perf_counter() - began) * 1000:.1f} ms")
        assert await process.stop() == 0

    assert {name: answer for name, (_, _, answer) in found.items()} == dict.fromkeys(FLOODS, b"HTTP/1.1 400 ")
    assert {name: taken for name, (taken, _, _) in found.items() if taken > TAKEN} == {}
    assert {name: kept for name, (_, kept, _) in found.items() if kept >= FLAT} == {}


# From a backend.

MOST = 1 * MIB
"""``limits.response_body`` here."""
BOUNDED = {"direct": 8 * MIB, "httpx": 16 * MIB}
"""Bytes that a gateway may grow by, whatever a backend sends, by transport."""
GATE = 100
"""How many times the limit's bytes an answer within it may take."""
OVER = (
    PORTS
    + """backends:
  only: {dialect: openreplay-v2, url: '@url', scope: 3sWXSsqHgSKnE87YkNJK, transport: @transport}
routes:
  - {dialect: @caller, backend: only}
limits: {response_body: 1MiB}
"""
)
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@functools.cache
def packed(times: int) -> bytes:
    """64 MiB of zeros in gzip, so many times over."""
    return gzip.compress(packed(times - 1) if times > 1 else bytes(64 * MIB), 1)


def coded(body: bytes, *codings: str) -> Iterator[bytes]:
    lines = "".join(f"Content-Encoding: {coding}\r\n" for coding in codings)
    yield JSON + f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


ANSWERS: dict[str, Callable[[], Iterator[bytes]]] = {
    "endless, in chunks": lambda: endless(JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"1" * 4096 + b"\r\n"),
    "endless, without a length": lambda: endless(JSON + b"\r\n", b"1"),
    "64 MiB, announced": lambda: endless(JSON + b"Content-Length: 67108864\r\n\r\n", b"1"),
    "an endless header": lambda: endless(JSON + b"X: ", b"a"),
    "endless headers": lambda: endless(JSON, b"X: a\r\n"),
    "endless interim answers": lambda: endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "endless trailers": lambda: endless(JSON + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n"),
    "an endless extension of a chunk": lambda: endless(JSON + b"Transfer-Encoding: chunked\r\n\r\n5;", b"a"),
    "64 MiB in gzip": lambda: coded(packed(1), "gzip"),
    "64 MiB in gzip in gzip in gzip": lambda: coded(packed(3), "gzip, gzip", "gzip"),
}  # fmt: skip


class Saying(Listening):
    """A backend that says the same to everybody, for as long as it is listened to."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        super().__init__()
        self.make = make

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                for piece in self.make():
                    writer.write(piece)
                    await writer.drain()
        finally:
            writer.close()


async def growths(
    folder: Path, cases: dict[str, Callable[[], Iterator[bytes]]], transport: str, caller: str
) -> dict[str, tuple[bytes, int]]:
    """What a caller is told for each, and by how much the gateway has grown at the most."""
    found = {}
    async with Saying(lambda: iter([said(b'{"data": []}')])) as backend:
        config = OVER.replace("@url", backend.url).replace("@transport", transport).replace("@caller", caller)
        async with Process(folder, config, "--no-access-log") as process:
            await process.ready()
            mouth = Mouth(process.port)
            request = REQUESTS[caller]
            for _ in range(3):
                assert (await mouth.ask(request)).startswith(b"HTTP/1.1 200 ")
            for name, make in cases.items():
                backend.make = make
                growth = Growth(process.pid)
                answer = await mouth.ask(request)
                found[name] = (answer, growth.most())
            await mouth.close()
            assert await process.stop() == 0
    return found


REQUESTS = {
    "openreplay-v2": HEAD + b"\r\n",
    "explorer": b"GET /api-open/v1/jobs HTTP/1.1\r\nHost: a\r\nCookie: explorer_token=Sesame42\r\n\r\n",
}


@pytest.mark.parametrize("transport", BOUNDED)
async def test_d4_d5_an_answer_without_an_end_or_a_bomb_costs_little_memory(tmp_path, note, transport):
    known = {"endless interim answers"} if transport == "httpx" else set()  # README, Limits
    cases = {name: make for name, make in ANSWERS.items() if name not in known}
    found = await growths(tmp_path, cases, transport, "openreplay-v2")

    for name, (_, grown) in found.items():
        note(name, f"{grown} bytes")
    assert {name: answer[:13] for name, (answer, _) in found.items()} == dict.fromkeys(cases, b"HTTP/1.1 502 ")
    assert {name: grown for name, (_, grown) in found.items() if grown >= BOUNDED[transport]} == {}


def filled(start: bytes, piece: bytes, end: bytes) -> Callable[[], Iterator[bytes]]:
    """A good answer, as large as may be."""
    body = start + piece * ((MOST - len(start) - len(end) - len(piece)) // len(piece)) + piece.rstrip(b",") + end
    return lambda: iter([said(body)])


JOB = b'{"jobId":7,"description":"","status":"running","createdAt":1,"updatedAt":1,"startAt":1,"projectId":1,"action":"","referenceId":"","errors":""},'
HEAVY = {
    "jobs": filled(b'{"data":[', JOB, b"]}"),
    "empty lists": filled(b'{"data":[', b"[],", b"]}"),
    "empty objects": filled(b'{"data":[', b"{},", b"]}"),
    "objects": filled(b'{"data":[', b'{"a":0},', b"]}"),
    "numbers": filled(b'{"data":[', b"1.5,", b"]}"),
    "other names": filled(b'{"data":[],"x":[', b'{"":{"":[0]}},', b"]}"),
    "beside the jobs": filled(b'{"data":[],"x":[', b"[],", b"]}"),
    "in a job": filled(b'{"data":[' + JOB[:-2] + b',"x":[', b"[],", b"]}]}"),
    "nested": filled(b'{"data":', b"[", b""),
    "escapes": filled(b'{"data":[' + JOB[:-2] + b',"x":"', b"\\u0000", b'"}]}'),
    "shown as escapes": filled(b'{"data":[' + JOB[:-2].replace(b'"description":""', b'"description":"') , b"\\n", b'"}]}'),
}  # fmt: skip
"""What is heavy when read, for its size."""


@pytest.mark.parametrize("caller", ["openreplay-v2", pytest.param("explorer", marks=pytest.mark.slow)])
async def test_d6_no_answer_within_its_limit_takes_a_hundred_times_as_much(tmp_path, note, caller):
    found = await growths(tmp_path, HEAVY, "direct", caller)

    for name, (answer, grown) in found.items():
        note(name, f"{answer[9:12].decode()}, {grown / MOST:.1f} times")
    assert {answer[:11] for answer, _ in found.values()} <= {b"HTTP/1.1 20", b"HTTP/1.1 50"}
    assert {name: grown / MOST for name, (_, grown) in found.items() if grown >= GATE * MOST} == {}
