"""One port: a socket and the uvicorn server on it. Signals belong to whoever runs it."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from jobgateway.config.model import Listen

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from jobgateway.asgi import App

BACKLOG: Final = 2048
KEEP_ALIVE: Final = 75
"""Seconds that an idle connection is kept: longer than the proxies that usually stand in front keep theirs."""


def bind(address: Listen) -> socket.socket:
    """A socket bound to the address; port 0 is any free one. Raises ``OSError``."""
    family, _, _, _, place = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(place, family=family, backlog=BACKLOG)


def address_of(bound: socket.socket) -> Listen:
    """Where a bound socket really listens."""
    host, port = bound.getsockname()[:2]
    return Listen(host, port)


class Listener:
    """Serves an application on a bound socket until it is told to close."""

    def __init__(
        self,
        app: App,
        bound: socket.socket,
        *,
        largest_head: int,
        grace: int,
        protocol: type[H11Protocol] = H11Protocol,
    ) -> None:
        self.address = address_of(bound)
        self._socket = bound
        self._server = _Server(_settings(app, largest_head, grace, protocol))

    async def run(self) -> None:
        """Serve; after ``close``, requests under way have ``grace`` seconds to end, then they are cancelled."""
        await self._server.serve(sockets=[self._socket])
        tasks = self._server.server_state.tasks
        if tasks:
            await asyncio.wait(tasks, timeout=1)  # those that were cancelled say so to their callers

    async def open(self) -> None:
        """Wait until connections are accepted."""
        await self._server.accepting.wait()

    def close(self) -> None:
        """Accept no more; ``run`` returns when what is under way has ended."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """Uvicorn's server without its signal handlers, and with an event instead of a flag."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()


def _settings(app: Any, largest_head: int, grace: int, protocol: type[H11Protocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=protocol,  # h11: the other parser takes requests with two Hosts or none, and knows no limit
        h11_max_incomplete_event_size=largest_head,
        ws="none",
        lifespan="off",
        workers=1,
        proxy_headers=False,
        server_header=False,
        log_config=None,
        log_level=logging.CRITICAL,  # its messages quote requests, and are not JSON
        access_log=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=grace,
    )
