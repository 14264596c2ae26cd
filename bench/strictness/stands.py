"""Who is asked: each before a backend of its own, or before a gateway that has one."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from bench.contenders import Contender, filled, needs, surroundings
from bench.gateways import Settings, write_config
from bench.machine import program
from bench.processes import free_port, running, wait_until_listening
from bench.strictness.cases import Case
from bench.strictness.echo import Echo, echo
from bench.strictness.replay import QUIET, Sentinel, Talk, talk
from bench.wording import CALLER


def _gateway(port: int, backend: int, folder: Path) -> list[str]:
    path = write_config(folder, Settings(callers=False), port, {CALLER: backend})
    return [sys.executable, "-m", "jobgateway", "run", "-c", str(path), "--access-log"]


def _nginx(port: int, backend: int, folder: Path) -> list[str]:
    path = filled("edge-nginx.conf", port, backend, folder)
    return [program("nginx") or "nginx", "-p", str(folder), "-e", "stderr", "-c", path]


def _haproxy(port: int, backend: int, folder: Path) -> list[str]:
    return [program("haproxy") or "haproxy", "-db", "-f", filled("edge-haproxy.cfg", port, backend, folder)]


def _envoy(port: int, backend: int, folder: Path) -> list[str]:
    path = filled("edge-envoy.yaml", port, backend, folder)
    return [
        program("envoy") or "envoy",
        "-c",
        path,
        "--disable-hot-restart",
        "--concurrency",
        "1",
        "--log-level",
        "off",
    ]


GATEWAY: Final = Contender("jobgateway", _gateway, logs=True)
ANCHORS: Final = (
    Contender("nginx", _nginx, needs("nginx", "nginx"), translates=False),
    Contender("HAProxy", _haproxy, needs("haproxy", "HAProxy"), translates=False),
    Contender("Envoy", _envoy, needs("envoy", "Envoy"), translates=False),
)
_CALM: Final = 0.005
"""Seconds between two looks whether something more was handed on."""


class Line(Struct, frozen=True):
    """What the gateway's access log says of a request."""

    request_id: str
    operation: str | None
    status: int


class Outcome(Struct, frozen=True):
    """What came of a case."""

    talk: Talk
    sentinel: Sentinel
    reached: tuple[tuple[str, str], ...]
    """Methods and targets at the backend, but the sentinel's."""
    logged: tuple[Line, ...]
    """What the gateway's log says, where there is a gateway; but the sentinel's."""


class Stand:
    """Somebody who listens, and those behind."""

    def __init__(self, names: tuple[str, ...], port: int, backend: Echo, log: Path | None) -> None:
        self.names = names
        """From the caller's side on."""
        self._port = port
        self._backend = backend
        self._log = log
        self._read = 0
        """Bytes of the log that were read."""

    @property
    def name(self) -> str:
        """All of them."""
        return " before ".join(self.names)

    async def replay(self, case: Case, number: int) -> Outcome:
        """One case, the sentinel with this number behind it."""
        sentinel = Sentinel(number)
        self._backend.heard.clear()
        self._lines()
        said = await talk(self._port, case, sentinel)
        await self._calm()
        target = sentinel.target.partition("?")[0]
        reached = [each.asked for each in self._backend.heard if each.asked[1] != target]
        logged = [line for line in self._lines() if line.request_id != sentinel.id]
        return Outcome(said, sentinel, tuple(reached), tuple(logged))

    async def _calm(self) -> None:
        """Wait until nothing more arrives at the backend."""
        quiet = 0.0
        before = len(self._backend.bytes)
        while quiet < QUIET / 2:
            await asyncio.sleep(_CALM)
            quiet = quiet + _CALM if len(self._backend.bytes) == before else 0.0
            before = len(self._backend.bytes)

    def _lines(self) -> list[Line]:
        if self._log is None:
            return []
        written = self._log.read_bytes()
        new, self._read = written[self._read :], len(written)
        return [msgspec.json.decode(line, type=Line) for line in new.splitlines()]


@asynccontextmanager
async def stand(contenders: Iterable[Contender]) -> AsyncIterator[Stand]:
    """Contenders, each before the next one and the last before a backend, until the end of the block."""
    chain = tuple(contenders)
    async with AsyncExitStack() as stack:
        backend = await stack.enter_async_context(echo())
        port, log = backend.port, None
        for contender in reversed(chain):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            behind, port = port, free_port()
            written = folder / "log" if contender.logs else None
            command = contender.command(port, behind, folder)
            process = stack.enter_context(running(command, surroundings(behind), log=written))
            await asyncio.to_thread(wait_until_listening, process, port)
            log = log or written
        yield Stand(tuple(each.name for each in chain), port, backend, log)
