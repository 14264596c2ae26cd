"""The life of a gateway that serves by itself, in one process: ready, reloaded on demand, drained."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from jobgateway import __version__
from jobgateway.edge.accepting import Acceptor
from jobgateway.edge.banner import banner
from jobgateway.edge.health import Health
from jobgateway.edge.listener import Listener
from jobgateway.edge.reload import Reloader, putting_in
from jobgateway.edge.renewal import Renewal
from jobgateway.edge.service import Service
from jobgateway.edge.standing import Standing
from jobgateway.observe.metrics import Metrics

if TYPE_CHECKING:
    import socket

    from jobgateway.config.model import Config, Listen
    from jobgateway.edge.admin import Exposing
    from jobgateway.edge.certificate import Certificate
    from jobgateway.edge.service import Terms
    from jobgateway.edge.signals import Signals

ADMIN_GRACE: Final = 1
ADMIN_HEAD: Final = 16 * 1024


class Ports(Struct, frozen=True):
    """The bound sockets that a gateway is reached on."""

    callers: socket.socket
    admin: socket.socket | None


class Life:
    """Everything that lives as long as the process does."""

    def __init__(self, config: Config, ports: Ports, terms: Terms) -> None:
        self._config = config
        self._terms = terms
        self._metrics = Metrics(__version__)
        self._health = Health()
        acceptor = None if terms.certificate is None else _alone(config, terms.certificate)
        self._service = Service(config, ports.callers, self._metrics, terms, acceptor)
        self._admin_port = ports.admin

    async def run(self, signals: Signals) -> None:
        """Serve until told to stop, then until what is under way has ended."""
        service, bound = self._service, self._admin_port
        reloader = Reloader(self._config, putting_in(service.current, self._metrics), self._metrics, self._terms.events)
        async with asyncio.TaskGroup() as group:
            callers = group.create_task(service.listener.run())
            await service.listener.open()
            admin = None if bound is None else admin_listener(bound, self._health, self._metrics)
            if admin is not None:
                group.create_task(admin.run())
                await admin.open()
            announce(self._config, service.listener.address, None if admin is None else admin.address)
            self._health.loaded = True
            ending = [group.create_task(reload_on_demand(reloader, signals))]
            if self._terms.certificate is not None:
                ending.append(group.create_task(Renewal(self._terms.certificate, self._terms.events).run()))
            await signals.stop.wait()
            for each in ending:
                each.cancel()
            self._health.draining = True
            await service.drain(callers)
            if admin is not None:
                admin.close()


def _alone(config: Config, certificate: Certificate) -> Acceptor:
    """What accepts callers that speak TLS, in the only process that does."""
    return Acceptor(Standing(1), 0, config.connections_each, certificate.context)


def admin_listener(bound: socket.socket, health: Health, metrics: Exposing) -> Listener:
    """What serves the admin port."""
    from jobgateway.edge.admin import admin_app  # noqa: PLC0415, slow to load; callers come first

    return Listener(admin_app(health, metrics), bound, largest_head=ADMIN_HEAD, grace=ADMIN_GRACE)


def announce(config: Config, callers: Listen, admin: Listen | None) -> None:
    """Tell people that the gateway is ready, and how it is asked."""
    sys.stderr.write(banner(config, callers, admin) + "\n")
    sys.stderr.flush()


async def reload_on_demand(reloader: Reloader, signals: Signals) -> None:
    """Reload whenever the signal for it comes, for ever."""
    while True:
        await signals.reload.wait()
        signals.reload.clear()
        await reloader.reload()
