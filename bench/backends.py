"""Canned backends, as processes on the load's core."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.contenders import Contender, Started
from bench.processes import free_port, running, wait_until_listening


@contextmanager
def canned(dialect: str, *, jobs: int, latency: float = 0) -> Iterator[Started]:
    """A canned backend until the end of the block; ``latency`` are seconds before every answer."""
    port = free_port()
    options = ["--jobs", str(jobs), "--latency", str(latency)]
    with running([sys.executable, "-m", "bench.canned", dialect, str(port), *options], {}) as process:
        wait_until_listening(process, port)
        yield Started(Contender("the backend itself", lambda *_: [], translates=False), port, process)
