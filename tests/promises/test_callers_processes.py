"""Group F against a gateway in a process of its own: where the system allows it few open files, and where it is told to end.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from pathlib import Path

import pytest

from support.certificates import client_side, pair
from support.ears import Mouth
from support.kept import REQUEST
from support.running import DEMO, PORTS, Process, few_files
from support.served import client_hello

pytestmark = pytest.mark.anyio
FRESH = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
FILES = 104
"""Of them a gateway keeps 64 for other things, so it serves 20 connections, and holds 20 more."""
FLOOD = 300


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
@pytest.mark.parametrize("workers", [1, 2])
async def test_f4_idle_sockets_use_up_no_open_files_however_few_there_are(tmp_path: Path, workers: int):
    text = DEMO + f"workers: {workers}\n"
    async with Process(tmp_path, text, program=few_files(tmp_path, FILES, FILES)) as process:
        await process.ready()
        kept = Mouth(process.port)
        answers = [await kept.ask(REQUEST)]
        flood = []
        for number in range(FLOOD):
            flood.append(await asyncio.open_connection("127.0.0.1", process.port))
            if number % 30 == 0:
                answers += [await kept.ask(REQUEST), await Mouth(process.port).ask(FRESH)]
        for _, writer in flood:
            writer.transport.abort()
        await kept.close()
        assert await process.stop() == 0

    assert {answer[:13] for answer in answers} == {b"HTTP/1.1 200 "}
    assert not [line for line in process.said if '"level":"error"' in line]


SERVE = "import sys; from jobgateway.edge.server import serve; sys.exit(serve(sys.argv[1], access_log=False, grace=1))"
"""The program, with a second for those that are under way when it ends."""
TLS = PORTS.replace("port: 0}", "port: 0, tls: {certificate: tls.crt, key: tls.key}}", 1)
OVER = {"plain": DEMO, "TLS": DEMO.replace(PORTS, TLS), "TLS, two workers": DEMO.replace(PORTS, TLS) + "workers: 2\n"}
MANY = 20_000
"""Requests whose answers are more than the buffers on the way hold."""


async def connected(process: Process, said: bytes, tls: ssl.SSLContext | None) -> asyncio.StreamWriter:
    """A caller that reads nothing."""
    name = None if tls is None else "localhost"
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port, ssl=tls, server_hostname=name)
    reader._transport.pause_reading()
    writer.write(said)
    return writer


@pytest.mark.parametrize("over", ["plain", "TLS", pytest.param("TLS, two workers", marks=pytest.mark.slow)])
async def test_f1_f3_no_slow_caller_keeps_a_gateway_from_ending(tmp_path: Path, over: str):
    pair(tmp_path)
    tls = None if over == "plain" else client_side()
    program = (sys.executable, "-c", SERVE, str(tmp_path / "gateway.yaml"))
    async with Process(tmp_path, OVER[over], program=program) as process:
        await process.ready()
        slow = [await connected(process, said, tls) for said in (b"", REQUEST[:-20], REQUEST, REQUEST * MANY)]
        hello = client_hello()
        slow += [await connected(process, said, None) for said in (b"", hello[: len(hello) // 2], hello)]
        await asyncio.sleep(0.3)  # what they said has come, and the last is behind with reading
        code = await process.stop()
        for writer in slow:
            writer.transport.abort()

    assert code == 0
    assert json.loads(process.said[-1])["event"] == "stopped"
