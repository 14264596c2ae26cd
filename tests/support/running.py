"""A gateway as its own process, and a backend that answers when the test says so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import sys
from pathlib import Path
from typing import Self

import httpx

PATIENCE = 30.0
"""Seconds after which a test gives up waiting; none ever waits that long."""
PORTS = """version: 1
listen: {host: 127.0.0.1, port: 0}
admin: {host: 127.0.0.1, port: 0}
"""
DEMO = (
    PORTS
    + """backends:
  store: {dialect: openreplay-v2, url: "demo://"}
routes:
  - {dialect: openreplay-v2, backend: store}
"""
)
BAD = DEMO.replace("openreplay-v2, url", "openreplayv2, url").replace("version: 1", "version: 2")
"""A configuration with two findings."""
SEVERAL = {1: DEMO, 2: DEMO + "workers: 2\n"}
"""The same, served by so many workers."""
BANNER = re.compile(r"on (https?://127\.0\.0\.1:(\d+))(?:, admin on (http://127\.0\.0\.1:(\d+)))?")

_UNDER = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])));"
    "os.execv(sys.executable, [sys.executable, '-m', 'jobgateway', 'run', '-c', sys.argv[3]])"
)


def few_files(folder: Path, soft: int, hard: int) -> tuple[str, ...]:
    """The program where the system allows it so many open files."""
    return (sys.executable, "-c", _UNDER, str(soft), str(hard), str(folder / "gateway.yaml"))


class Process:
    """``jobgateway run`` with a configuration; what it says can be waited for."""

    def __init__(self, folder: Path, config: str, *arguments: str, program: tuple[str, ...] = ()):
        self.path = folder / "gateway.yaml"
        self.path.write_text(config)
        self._program = program or (sys.executable, "-m", "jobgateway", "run", "-c", str(self.path), *arguments)
        self._stdout = folder / "stdout"
        self.said: list[str] = []
        self.url = self.admin = ""

    async def __aenter__(self) -> Self:
        with self._stdout.open("wb") as stdout:
            self._process = await asyncio.create_subprocess_exec(
                *self._program, stdout=stdout, stderr=asyncio.subprocess.PIPE
            )
        return self

    async def __aexit__(self, *_):
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        self._process._transport.close()

    async def ready(self) -> Self:
        """Wait for the banner, and learn the addresses from it."""
        found = None
        while found is None:
            found = BANNER.search(await self.line())
        self.url, self.admin = found[1], found[3]
        self.port = int(found[2])
        return self

    async def line(self) -> str:
        """The next line on standard error."""
        line = await asyncio.wait_for(self._process.stderr.readline(), PATIENCE)
        if not line:
            raise AssertionError(f"the gateway ended: {self.said}")
        self.said.append(line.decode())
        return self.said[-1]

    async def listen(self):
        """Take down what it says on standard error, until this is cancelled."""
        while line := await self._process.stderr.readline():
            self.said.append(line.decode())

    async def event(self, name: str) -> dict:
        """The next event of this name."""
        while True:
            line = await self.line()
            if line.startswith("{") and (event := json.loads(line))["event"] == name:
                return event

    def tell(self, number: signal.Signals):
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        """The id of the process itself."""
        return self._process.pid

    def workers(self) -> list[int]:
        """The ids of the processes that it has started, the oldest first."""
        pid = self.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    async def end(self) -> int:
        """Wait until it has ended by itself; all it said is in ``said``."""
        rest = await asyncio.wait_for(self._process.stderr.read(), PATIENCE)
        self.said += rest.decode().splitlines(keepends=True)
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    async def stop(self) -> int:
        self.tell(signal.SIGTERM)
        return await self.end()

    @property
    def stdout(self) -> str:
        return self._stdout.read_text()


class HeldBackend:
    """A backend on a socket of its own: every answer waits until it is let go."""

    def __init__(self, body: bytes):
        self._answer = (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        self.reached = asyncio.Semaphore(0)
        self.left = asyncio.Semaphore(0)
        self.go = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return  # cancelled before anything was sent
        self.reached.release()
        going = asyncio.ensure_future(self.go.wait())
        leaving = asyncio.ensure_future(reader.read())
        await asyncio.wait({going, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if going.done():
            writer.write(self._answer)
        else:
            self.left.release()
        for waiting in (going, leaving):
            waiting.cancel()
        writer.close()


def over(backend: HeldBackend) -> str:
    """A configuration with that backend."""
    return DEMO.replace("demo://", backend.url)


def client(process: Process) -> httpx.AsyncClient:
    """A caller that keeps its connections."""
    headers = {"authorization": "Bearer Sesame42"}
    return httpx.AsyncClient(base_url=process.url, headers=headers, timeout=PATIENCE, trust_env=False)


async def raw(port: int, request: bytes) -> bytes:
    """All that comes back for some bytes on one connection, until the other side closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
