"""Load, by wrk: bounded in time, from one core."""

from __future__ import annotations

import re
import shutil
import subprocess

from msgspec import Struct

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class Measured(Struct, frozen=True):
    """One run. Latencies in seconds."""

    rate: float
    """Requests a second."""
    p50: float
    p99: float
    errors: int
    """Answers other than 2xx, and broken connections."""


def missing() -> str | None:
    """Why there can be no load here, or ``None``."""
    return None if shutil.which("wrk") else "wrk is not installed (bench/install.sh)"


def load(port: int, target: str, *, header: str, seconds: float, connections: int, core: int) -> Measured:
    """Ask for one target over kept connections, as fast as answers come."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-H", header]
    pinned = ["taskset", "-c", str(core)] if shutil.which("taskset") else []
    out = subprocess.run(
        [*pinned, *command, f"http://127.0.0.1:{port}{target}"], capture_output=True, text=True, check=True
    ).stdout
    rate = re.search(r"Requests/sec:\s*([0-9.]+)", out)
    if rate is None:
        raise RuntimeError(f"wrk said nothing of a rate: {out}")
    bad = re.search(r"Non-2xx or 3xx responses:\s*([0-9]+)", out)
    broken = re.search(r"Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)", out)
    errors = int(bad[1]) if bad else 0
    errors += sum(int(each) for each in broken.groups()) if broken else 0
    return Measured(float(rate[1]), _latency(out, "50"), _latency(out, "99"), errors)


def _latency(out: str, percent: str) -> float:
    found = re.search(rf"\s{percent}%\s+([0-9.]+)(us|ms|s|m)\b", out)
    return float(found[1]) * _UNITS[found[2]] if found else float("nan")
