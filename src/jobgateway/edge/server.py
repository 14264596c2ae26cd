"""Running servers: the gateway's process from its start to its exit code, and any other application's."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final

import uvloop

from jobgateway.config.findings import ConfigError
from jobgateway.config.load import load_config
from jobgateway.config.model import Config, Listen
from jobgateway.config.pem import PemError
from jobgateway.edge.certificate import Certificate
from jobgateway.edge.descriptors import fitted
from jobgateway.edge.life import Life, Ports
from jobgateway.edge.listener import Listener, bind
from jobgateway.edge.service import Terms
from jobgateway.edge.signals import Signals, hold
from jobgateway.edge.unawaited import teller
from jobgateway.observe.events import Events

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from jobgateway.asgi import App

GRACE: Final = 30
"""Seconds that requests under way have to end once the server is told to stop."""
HEAD: Final = 64 * 1024
"""The largest request head, in bytes, of an application that sets no limit of its own."""
FINE: Final = 0
CANNOT_LISTEN: Final = 69
"""EX_UNAVAILABLE of sysexits.h."""
BAD_CONFIG: Final = 78
"""EX_CONFIG of sysexits.h."""


def serve(config_path: str, *, access_log: bool, grace: int = GRACE) -> int:
    """Run the gateway until it is told to stop, and give the exit code.

    Standard output gets the access log where it is wanted, and nothing else.
    """
    hold()
    try:
        config = fitted(load_config(config_path, os.environ))
    except ConfigError as error:
        _say(*map(str, error.findings))
        return BAD_CONFIG
    _say(*map(str, config.warnings))
    try:
        certificate = None if config.listen.tls is None else Certificate(config.listen.tls)
    except PemError as error:  # it was changed since the configuration was checked
        _say(f"{config.path}: listen.tls.{error.part}: the file {error}")
        return BAD_CONFIG
    ports = _ports(config)
    if ports is None:
        return CANNOT_LISTEN
    terms = Terms(Events(), access_log, grace, certificate)
    if config.workers == 1:
        uvloop.run(_live(config, ports, terms))
        return FINE
    return _supervise(config, ports, terms)


def serve_app(app: App, host: str, port: int, on_ready: Callable[[str, int], None]) -> int:
    """Serve an application until told to stop, and give the exit code; ``on_ready`` gets the real address."""
    return uvloop.run(_serve_app(app, Listen(host, port), on_ready))


def _supervise(config: Config, ports: Ports, terms: Terms) -> int:
    from jobgateway.edge.supervisor import Supervisor  # noqa: PLC0415, one process alone starts faster without
    from jobgateway.edge.worker import work  # noqa: PLC0415, as above

    assignment = Supervisor(config, ports, terms).run()
    if assignment is not None:
        work(assignment)
    return FINE


async def _live(config: Config, ports: Ports, terms: Terms) -> None:
    signals = Signals()
    signals.take_over(reloads=True)
    asyncio.get_running_loop().set_exception_handler(teller(terms.events))
    await Life(config, ports, terms).run(signals)


async def _serve_app(app: App, address: Listen, on_ready: Callable[[str, int], None]) -> int:
    bound = _bound(address)
    if bound is None:
        return CANNOT_LISTEN
    signals = Signals()
    signals.take_over(reloads=False)
    listener = Listener(app, bound, largest_head=HEAD, grace=GRACE)
    async with asyncio.TaskGroup() as group:
        group.create_task(listener.run())
        await listener.open()
        on_ready(listener.address.host, listener.address.port)
        await signals.stop.wait()
        listener.close()
    return FINE


def _ports(config: Config) -> Ports | None:
    callers = _bound(config.listen)
    admin = None if config.admin is None else _bound(config.admin)
    if callers is None or (admin is None and config.admin is not None):
        return None
    return Ports(callers, admin)


def _bound(address: Listen) -> socket.socket | None:
    try:
        return bind(address)
    except OSError as error:
        problem = (error.strerror or "").partition(" (")[0]  # it goes on with the address, once more
        _say(f"jobgateway: cannot listen on {address.host} port {address.port}: {problem}")
        return None


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")
