"""Load at a fixed rate, whoever lags: requests leave when they are due, and latency counts from then.

A caller that waits for one answer before it sends the next asks less often while it waits, and so
never sees what others would have waited (coordinated omission); this one sees it. It is a plain
loop over ``select``, which is exact to some tens of microseconds where the timers of event loops
know only milliseconds.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bench.wording import Wanted

PATIENCE: Final = 5.0
"""Seconds that answers may be late at the end before they count as lost."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_GOOD: Final = re.compile(rb"HTTP/1\.1 2")


class Waited(Struct, frozen=True):
    """How long each request waited for its answer, in seconds from when it was due."""

    seconds: list[float]
    errors: int
    """Answers other than 2xx, broken connections, answers that never came."""

    def quantile(self, share: float) -> float:
        """The wait that this share of requests did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection:
    """One kept connection, with at most one request on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._read = b""
        self._needed = 0

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self._read, self._needed = b"", 0
        self.socket.send(request)  # some hundred bytes into an empty buffer go as a whole

    def receive(self) -> bool | None:
        """Whether a whole answer was a good one; ``None`` while it is not whole. Raises ``OSError``."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError("closed")
        self._read = self._read + data if self._read else data
        if not self._needed:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(self._read, 0, end)
            if length is None:
                raise ConnectionResetError("an answer without a length is not read here")
            self._needed = end + 4 + int(length[1])
        return None if len(self._read) < self._needed else _GOOD.match(self._read) is not None


def steady(port: int, wanted: Wanted, *, rate: float, seconds: float, connections: int) -> Waited:
    """Ask for one thing ``rate`` times a second."""
    idle = [_Connection(port) for _ in range(connections)]
    everyone = list(idle)
    try:
        return _run(idle, wanted.head(port), 1 / rate, round(rate * seconds))
    finally:
        for each in everyone:
            each.socket.close()


def _run(idle: list[_Connection], request: bytes, gap: float, count: int) -> Waited:
    now = time.perf_counter
    waited: list[float] = []
    errors = 0
    busy: dict[int, _Connection] = {}
    start = now() + gap
    due = deque(start + number * gap for number in range(count))
    limit = start + count * gap + PATIENCE
    while (due or busy) and (idle or busy) and now() < limit:
        while due and idle and due[0] <= now():
            connection = idle.pop()
            connection.send(request, due.popleft())
            busy[connection.fileno()] = connection
        rest = max(0.0, due[0] - now()) if due and idle else PATIENCE
        for number in _readable(busy, min(rest, limit - now())):
            connection = busy[number]
            good = _received(connection)
            if good is None:
                continue
            del busy[number]
            if good:
                waited.append(now() - connection.due)
                idle.append(connection)
            else:
                errors += 1
    return Waited(waited, errors + len(busy) + len(due))


def _received(connection: _Connection) -> bool | None:
    try:
        return connection.receive()
    except OSError:
        return False


def _readable(busy: dict[int, _Connection], seconds: float) -> Sequence[int]:
    return select.select(list(busy), (), (), max(0.0, seconds))[0]
