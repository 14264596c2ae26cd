"""The program as a process of its own, started and stopped by tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.specs import ROOT

START_WITHIN = 60
STOP_WITHIN = 30


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """A running program, what it wrote so far, and its end."""

    def __init__(self, process: subprocess.Popen[str], said: Path) -> None:
        self.process = process
        self._said = said

    def said(self) -> str:
        """What it wrote to standard error."""
        return self._said.read_text(encoding="utf-8")

    def line(self) -> str:
        """The next line of its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(STOP_WITHIN)


@contextmanager
def running(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Iterator[Process]:
    """``python -m jobgateway ARGUMENTS``, killed at the end where it still runs."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "stderr"
        with said.open("w", encoding="utf-8") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "jobgateway", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=cwd or ROOT,
                env={**os.environ, **(env or {})},
            )
        try:
            yield Process(process, said)
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=STOP_WITHIN)


@contextmanager
def mock_backend(dialect: str, *options: str) -> Iterator[str]:
    """A mock backend's URL."""
    with running("mock", dialect, *options) as process:
        url = process.line()
        assert url.startswith("http://127.0.0.1:"), process.said()
        yield url


def wait_until_listening(port: int, process: Process) -> None:
    """Return once something accepts connections; fail where the process ends first."""
    import time

    limit = time.monotonic() + START_WITHIN
    while time.monotonic() < limit:
        assert process.process.poll() is None, process.said()
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on {port}: {process.said()}")
