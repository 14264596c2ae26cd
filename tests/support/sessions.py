"""A backend that is logged in to, in this process: it can be kept waiting, and it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from jobgateway.backends.demo import demo_transport
from jobgateway.backends.entry import PASSED_ON, Entry
from jobgateway.backends.session import Session
from jobgateway.mock.app import mock_app
from jobgateway.mock.sessions import Sessions
from jobgateway.mock.store import Store
from jobgateway.translation.accounts import Account
from jobgateway.translation.hub import Job
from jobgateway.translation.wire import Request
from support.gateways import DIALECTS, KEY, NOW
from support.world import JOBS

EXPLORER = DIALECTS["explorer"]
LOGINS = EXPLORER.logins
assert LOGINS is not None
CONNECT = LOGINS.words.path


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """An Explorer backend: its sessions, what it was asked, and a gate before its logins."""

    def __init__(self, *, key: str = KEY, lifetime: int | None = None, jobs: Iterable[Job] = JOBS) -> None:
        self.clock = Clock()
        self.sessions = Sessions(LOGINS, key, lifetime=lifetime, clock=self.clock)
        self.store = Store(jobs, lambda: NOW)
        self.seen: list[Request] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.answers: list[tuple[int, tuple[tuple[bytes, bytes], ...]]] = []
        """What is answered to the next logins instead of a token: status and headers."""
        self.before_calls: Callable[[int], None] = lambda _: None
        """Is told how many requests came before each call."""
        self._inner = mock_app(EXPLORER, self.store, profile="documented", key=self.sessions, seen=self.seen.append)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == CONNECT:
            await self.gate.wait()
            if self.answers:
                status, headers = self.answers.pop(0)
                self.seen.append(Request(scope["method"], scope["path"]))
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
        else:
            self.before_calls(len(self.seen))
        await self._inner(scope, receive, send)

    @property
    def logins(self) -> int:
        """How many times somebody tried to log in."""
        return sum(request.path == CONNECT for request in self.seen)

    def entry(self, timeout: float = 10.0) -> Entry:
        assert LOGINS is not None
        return Entry(LOGINS, demo_transport(self.app, passed_on=PASSED_ON), timeout)

    def session(self, observer: Any, *, password: str = KEY, timeout: float = 10.0) -> Session:
        account = Account("root", password, "array", "graphd", 9669)
        return Session("flow", self.entry(timeout), account, EXPLORER.credentials, observer, clock=self.clock)


class Noted:
    """An observer that keeps what it is told of sessions."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.lost = self.closed = 0
        self.calls: list[str] = []

    def backend_call(self, backend: str, operation: Any, outcome: str, seconds: float) -> None:
        self.calls.append(str(outcome))

    def logged_in(self, backend: str, outcome: str) -> None:
        self.outcomes.append(str(outcome))

    def session_lost(self, backend: str) -> None:
        self.lost += 1

    def session_closed(self, backend: str) -> None:
        self.closed += 1


async def settled() -> None:
    """Let everything that can go on now go on."""
    for _ in range(50):
        await asyncio.sleep(0)
