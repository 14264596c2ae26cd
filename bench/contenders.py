"""Who is compared: how each is started, and whether this machine can."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.gateways import Settings, write_config
from bench.machine import NODE_MODULES, program, serving
from bench.processes import Process, free_port, running, wait_until_listening
from bench.wording import BACKEND, CALLER, KEY, Wanted, wanted
from jobgateway.translation.hub import Call

PEERS: Final = Path(__file__).resolve().parent / "peers"
LUA: Final = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")
"""Where Debian puts it; the configuration loads it from there."""


class Contender(Struct, frozen=True):
    """Who can be measured; ``command`` makes its argument list from its port, the backend's and a folder of its own."""

    name: str
    command: Callable[[int, int, Path], list[str]]
    missing: Callable[[], str | None] = lambda: None
    """Why it cannot run here, or ``None``."""
    translates: bool = True
    """Whether it is asked in the caller's words; else in the backend's, since it hands on what it gets."""
    logs: bool = False
    """Whether its standard output is kept in a file, as a log would be."""

    def wanted(self, call: Call) -> Wanted:
        """A call in the words that it understands."""
        return wanted(CALLER if self.translates else BACKEND, call)


class Started(Struct, frozen=True):
    """A contender that runs."""

    contender: Contender
    port: int
    process: Process

    @property
    def name(self) -> str:
        """The contender's name."""
        return self.contender.name


def gateway(
    name: str, settings: Settings, *, access_log: bool = False, backends: Mapping[str, int] | None = None
) -> Contender:
    """The gateway, set up in some way; ``backends``: ports by name, where there are others than the usual one."""

    def command(port: int, backend: int, folder: Path) -> list[str]:
        path = write_config(folder, settings, port, backends or {BACKEND: backend})
        log = "--access-log" if access_log else "--no-access-log"
        return [sys.executable, "-m", "jobgateway", "run", "-c", str(path), log]

    return Contender(name, command, logs=access_log)


@contextmanager
def started(contender: Contender, backend: int) -> Iterator[Started]:
    """A contender on the serving core until the end of the block. Raises ``StartError``."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        command = contender.command(port, backend, folder)
        log = folder / "stdout" if contender.logs else None
        with serving():
            process = stack.enter_context(running(command, surroundings(backend), log=log))
        wait_until_listening(process, port)
        yield Started(contender, port, process)


def surroundings(backend: int) -> dict[str, str]:
    """The environment that contenders read."""
    return {"BENCH_KEY": KEY, "PEER_KEY": KEY, "PEER_BACKEND": str(backend)}


def filled(name: str, port: int, backend: int, folder: Path) -> str:
    """The path of a configuration with its ports and folder put in."""
    text = (PEERS / name).read_text(encoding="utf-8")
    for mark, value in (("@PORT@", port), ("@BACKEND@", backend), ("@FOLDER@", folder)):
        text = text.replace(mark, str(value))
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def _node(port: int, backend: int, _folder: Path) -> list[str]:
    return [program("node") or "node", str(PEERS / "node" / "server.mjs"), str(port), str(backend)]


def _nginx(name: str) -> Callable[[int, int, Path], list[str]]:
    return lambda port, backend, folder: [
        program("nginx") or "nginx",
        *("-p", str(folder), "-e", "stderr", "-c", filled(name, port, backend, folder)),
    ]


def _plain(port: int, _backend: int, _folder: Path) -> list[str]:
    options = ["--port", str(port), "--no-access-log", "--log-level", "critical"]
    return [sys.executable, "-m", "uvicorn", "--app-dir", str(PEERS), "plain:app", *options]


def _envoy(port: int, backend: int, folder: Path) -> list[str]:
    return [
        program("envoy") or "envoy",
        *("-c", filled("envoy.yaml", port, backend, folder)),
        *("--disable-hot-restart", "--concurrency", "1", "--log-level", "error"),
    ]


def needs(name: str, what: str, *files: Path) -> Callable[[], str | None]:
    """What tells whether a program and files are there, or why not."""

    def missing() -> str | None:
        there = program(name) is not None and all(file.exists() for file in files)
        return None if there else f"{what} is not installed (bench/install.sh)"

    return missing


GATEWAY: Final = gateway("jobgateway", Settings())
CONTENDERS: Final = (
    GATEWAY,
    Contender(
        "Node: fastify + undici",
        _node,
        needs("node", "Node with fastify and undici", NODE_MODULES / "fastify", NODE_MODULES / "undici"),
    ),
    Contender("nginx + Lua + cjson", _nginx("nginx-lua.conf"), needs("nginx", "nginx with Lua", LUA)),
    Contender("plain Starlette + httpx", _plain),
    Contender("Envoy, handing on", _envoy, needs("envoy", "Envoy"), translates=False),
    Contender("nginx, handing on", _nginx("nginx-pass.conf"), needs("nginx", "nginx"), translates=False),
)
