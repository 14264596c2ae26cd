"""Processes that a run starts, and what the kernel counts of them. Each is stopped by its handle."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
START_WITHIN: Final = 30.0
STOP_WITHIN: Final = 10.0
_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class StartError(Exception):
    """A process ended, or was not heard of, before it listened."""


class Process:
    """A running process and those that it started."""

    def __init__(self, popen: subprocess.Popen[bytes], said: Path) -> None:
        self._popen = popen
        self._said = said

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def ended(self) -> bool:
        """Whether it runs no more."""
        return self._popen.poll() is not None

    def said(self) -> str:
        """The end of what it wrote to standard error."""
        return self._said.read_text(encoding="utf-8", errors="replace")[-2000:]

    def cpu_seconds(self) -> float:
        """Processor time that it and its children have used."""
        return sum(_cpu_seconds(pid) for pid in _family(self.pid))

    def resident(self) -> int:
        """Bytes that it and its children have in memory."""
        return sum(_status(pid, "VmRSS") for pid in _family(self.pid))

    def forget_peak(self) -> None:
        """Begin anew to watch for the most memory that they have had, proc_pid_clear_refs(5). Raises ``OSError``."""
        for pid in _family(self.pid):
            (_PROC / str(pid) / "clear_refs").write_text("5", encoding="ascii")

    def peak(self) -> int:
        """The most bytes that it and its children have had in memory, each at its own worst time."""
        return sum(_status(pid, "VmHWM") for pid in _family(self.pid))

    def stop(self) -> None:
        """End it, by force where it does not end."""
        self._popen.terminate()
        try:
            self._popen.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str], *, log: Path | None = None) -> Iterator[Process]:
    """A process until the end of the block; ``log`` is a file for its standard output."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "stderr"
        with said.open("wb") as stderr, Path(log or os.devnull).open("wb") as stdout:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=ROOT,
                env={**os.environ, **env},
            )
        process = Process(popen, said)
        try:
            yield process
        finally:
            process.stop()


def wait_until_listening(process: Process, port: int, *, step: float = 0.02) -> None:
    """Return once connections are accepted. Raises ``StartError``."""
    limit = time.monotonic() + START_WITHIN
    while time.monotonic() < limit:
        if process.ended():
            raise StartError(f"it ended: {process.said()}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(step)
    raise StartError(f"it does not listen: {process.said()}")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def catches(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal (proc_pid_status(5)); yes where the system does not tell."""
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return True
    masks = [int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:")]
    return not masks or bool(masks[0] >> (number - 1) & 1)


def _family(pid: int) -> list[int]:
    """A process and its descendants; alone where the system does not tell."""
    parents = {}
    for entry in _PROC.glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(_stat(int(entry.name))[1])
        except (OSError, IndexError):
            continue  # it ended meanwhile
    found = [pid]
    for each in found:
        found.extend(child for child, parent in parents.items() if parent == each)
    return found


def _stat(pid: int) -> list[str]:
    """The fields that follow the command's name, proc_pid_stat(5): state, parent, ..."""
    return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _status(pid: int, name: str) -> int:
    """A size from proc_pid_status(5), in bytes; 0 where the system does not tell."""
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)
