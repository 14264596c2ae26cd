"""The life of a serving gateway: ready, reloaded on demand, drained."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

import anyio
from msgspec import Struct

from jobgateway import __version__
from jobgateway.building import build_gateway
from jobgateway.edge.admin import admin_app
from jobgateway.edge.app import Edge
from jobgateway.edge.banner import banner
from jobgateway.edge.current import Current
from jobgateway.edge.health import Health
from jobgateway.edge.listener import Listener
from jobgateway.edge.protocol import callers_protocol
from jobgateway.edge.reload import Reloader
from jobgateway.observe.access import AccessLog
from jobgateway.observe.metrics import Metrics

if TYPE_CHECKING:
    import socket

    from jobgateway.config.model import Config
    from jobgateway.edge.signals import Signals
    from jobgateway.observe.events import Events

ADMIN_GRACE: Final = 1
ADMIN_HEAD: Final = 16 * 1024
CLOSING: Final = 2.0
"""Seconds that backends' connections may take to close."""


class Ports(Struct, frozen=True):
    """The bound sockets that a gateway is reached on."""

    callers: socket.socket
    admin: socket.socket | None


class Life:
    """Everything that lives as long as the process does."""

    def __init__(self, config: Config, ports: Ports, events: Events, *, access_log: bool, grace: int) -> None:
        """``grace``: the seconds that requests under way have to end in a drain."""
        self._events = events
        self._grace = grace
        self._metrics = Metrics(__version__)
        self._health = Health()
        self._current = current = Current(config, build_gateway(config, self._metrics))
        self._metrics.inflight_from(lambda: current.inflight)
        recorders = (self._metrics, AccessLog(events)) if access_log else (self._metrics,)
        self._edge = edge = Edge(current, recorders, events)
        head, protocol = config.limits.request_head, callers_protocol(config.limits, edge)
        self._callers = Listener(edge, ports.callers, largest_head=head, grace=grace, protocol=protocol)
        self._admin = None if ports.admin is None else self._admin_on(ports.admin)

    def _admin_on(self, bound: socket.socket) -> Listener:
        return Listener(admin_app(self._health, self._metrics), bound, largest_head=ADMIN_HEAD, grace=ADMIN_GRACE)

    async def run(self, signals: Signals) -> None:
        """Serve until told to stop, then until what is under way has ended."""
        reloader = Reloader(self._current, self._metrics, self._events)
        async with asyncio.TaskGroup() as group:
            if self._admin is not None:
                group.create_task(self._admin.run())
                await self._admin.open()
            callers = group.create_task(self._callers.run())
            await self._callers.open()
            self._ready()
            reloading = group.create_task(_reload_on_demand(reloader, signals))
            await signals.stop.wait()
            reloading.cancel()
            await self._drain(callers)
            if self._admin is not None:
                self._admin.close()

    def _ready(self) -> None:
        config = self._current.snapshot.config
        admin = None if self._admin is None else self._admin.address
        sys.stderr.write(banner(config, self._callers.address, admin) + "\n")
        sys.stderr.flush()
        self._health.loaded = True

    async def _drain(self, callers: asyncio.Task[None]) -> None:
        self._health.draining = self._edge.draining = True
        self._events.tell("drain", inflight=self._current.inflight, grace_s=self._grace)
        self._callers.close()
        await callers
        with anyio.move_on_after(CLOSING):
            await self._current.aclose()
        self._events.tell("stopped", unanswered=self._current.inflight)


async def _reload_on_demand(reloader: Reloader, signals: Signals) -> None:
    while True:
        await signals.reload.wait()
        signals.reload.clear()
        await reloader.reload()
