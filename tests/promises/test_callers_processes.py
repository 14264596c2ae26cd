"""Group F against a gateway in a process of its own: where the system allows it few open files.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from support.ears import Mouth
from support.kept import REQUEST
from support.running import DEMO, Process, few_files

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
