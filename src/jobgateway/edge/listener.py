"""One port: a socket and the uvicorn server on it. Signals belong to whoever runs it."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn

from jobgateway.config.model import Listen

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from jobgateway.asgi import App
    from jobgateway.edge.accepting import Acceptor

    Protocols = Callable[..., asyncio.BaseProtocol]
    """What makes the protocol of a new connection; it gets uvicorn's arguments."""

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
    """Serves on a bound socket until it is told to close."""

    def __init__(
        self,
        app: App | None,
        bound: socket.socket,
        *,
        largest_head: int,
        grace: int,
        protocol: Protocols | None = None,
        acceptor: Acceptor | None = None,
    ) -> None:
        """``protocol`` answers by itself, or else ``app`` does; ``acceptor``: other processes accept there, too."""
        self.address = address_of(bound)
        self._socket = bound
        self._server = _Server(_settings(app, largest_head, grace, protocol), acceptor)

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

    def __init__(self, config: uvicorn.Config, acceptor: Acceptor | None) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()
        self._acceptor = acceptor
        if acceptor is not None:
            self.server_state.connections = acceptor.connections

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._acceptor is None or not sockets:
            await super().startup(sockets)
        else:
            self._acceptor.open(sockets[0], self._protocol)
            self.servers = [cast("asyncio.Server", self._acceptor)]  # to be closed, and waited for
            self.started = True
        self.accepting.set()

    def _protocol(self) -> asyncio.BaseProtocol:
        make = cast("Protocols", self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def _settings(app: Any, largest_head: int, grace: int, protocol: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=protocol or "h11",  # the other parser takes requests with two Hosts or none, and knows no limit
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
