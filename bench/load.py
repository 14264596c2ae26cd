"""Load without pause, by wrk: bounded in time, from one core."""

from __future__ import annotations

import math
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import Final, Self

from msgspec import Struct

from bench.machine import program
from bench.processes import Process, catches
from bench.wording import Wanted

SAMPLED_EVERY: Final = 0.05
_GLANCE: Final = 0.001
_TIMEOUT: Final = "10s"
"""How long an answer may take before it counts as an error."""
LONGEST: Final = 120.0
"""Seconds after which wrk has to have ended."""
_RATE: Final = re.compile(r"Requests/sec:\s*([0-9.]+)")
_COUNT: Final = re.compile(r"^\s*([0-9]+) requests in ", re.MULTILINE)
_REFUSED: Final = re.compile(r"Non-2xx or 3xx responses: ([0-9]+)")
_BROKEN: Final = re.compile(r"Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)")


class Loaded(Struct, frozen=True):
    """One stretch of load, and what the process that answered it spent."""

    rate: float
    """Requests a second."""
    errors: int
    """Answers other than 2xx and 3xx, and broken connections."""
    cpu: float
    """Seconds of processor time a request; 0 where the system does not tell."""
    busy: float
    """The share of one core that was used: well below 1, somebody else was the limit."""
    resident: int
    """The most bytes in memory that were seen."""

    @property
    def problem(self) -> str:
        """Why this says nothing; empty where it does."""
        if self.errors:
            return f"{self.errors} errors"
        return "" if self.rate else "no answer in all that time"


def missing() -> str | None:
    """Why there can be no load here, or ``None``."""
    return None if program("wrk") else "wrk is not installed (bench/install.sh)"


def load(port: int, wanted: Wanted, process: Process, *, seconds: float, connections: int) -> Loaded:
    """Ask for one thing over kept connections, as fast as answers come."""
    before = process.cpu_seconds()
    with _Watch(process) as watch:
        out = _wrk(port, wanted, seconds, connections)
    spent = process.cpu_seconds() - before
    rate, count, errors = read(out)
    each = spent / count if count else 0.0
    return Loaded(rate, errors, each, each * rate if spent else 1.0, watch.most)


def read(out: str) -> tuple[float, int, int]:
    """What wrk printed: requests a second, requests, errors. Raises ``ValueError`` where it is not that."""
    rate, count = _RATE.search(out), _COUNT.search(out)
    if rate is None or count is None:
        raise ValueError(f"wrk said nothing of a rate: {out!r}")
    refused, broken = _REFUSED.search(out), _BROKEN.search(out)
    errors = int(refused[1]) if refused else 0
    return float(rate[1]), int(count[1]), errors + sum(map(int, broken.groups()) if broken else ())


def _wrk(port: int, wanted: Wanted, seconds: float, connections: int) -> str:
    """Run wrk; it counts whole seconds, so for a part of one it is interrupted, and tells then too."""
    command = [program("wrk") or "wrk", "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", "--timeout", _TIMEOUT]
    command += [part for line in wanted.lines for part in ("-H", line)]
    command.append(f"http://127.0.0.1:{port}{wanted.target}")
    popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if seconds % 1:
            _interrupt(popen, seconds)
        return popen.communicate(timeout=LONGEST)[0]
    finally:
        if popen.poll() is None:
            popen.kill()
            popen.communicate()


def _interrupt(popen: subprocess.Popen[str], seconds: float) -> None:
    """Interrupt wrk some time after it can bear it: on a busy machine it takes a while to get there."""
    while popen.poll() is None and not catches(popen.pid, signal.SIGINT):
        time.sleep(_GLANCE)
    with suppress(subprocess.TimeoutExpired):
        popen.wait(seconds)
    popen.send_signal(signal.SIGINT)


class _Watch:
    """Looks at a process's memory until the end of the block."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.most = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(SAMPLED_EVERY):
            self.most = max(self.most, self._process.resident())
