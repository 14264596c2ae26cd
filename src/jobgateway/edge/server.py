"""Running servers: the gateway's process from its start to its exit code, and any other application's."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any, Final

import uvloop
from prometheus_client import disable_created_metrics

from jobgateway.config.findings import ConfigError
from jobgateway.config.load import load_config
from jobgateway.config.model import Listen
from jobgateway.edge.life import Life, Ports
from jobgateway.edge.listener import Listener, bind
from jobgateway.edge.signals import Signals
from jobgateway.observe.events import Events, traces

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
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return uvloop.run(_serve(config_path, access_log=access_log, grace=grace))


def serve_app(app: App, host: str, port: int, on_ready: Callable[[str, int], None]) -> int:
    """Serve an application until told to stop, and give the exit code; ``on_ready`` gets the real address."""
    return uvloop.run(_serve_app(app, Listen(host, port), on_ready))


async def _serve(path: str, *, access_log: bool, grace: int) -> int:
    signals, events = Signals(), Events()
    signals.take_over(reloads=True)
    asyncio.get_running_loop().set_exception_handler(teller(events))
    try:
        config = load_config(path, os.environ)
    except ConfigError as error:
        _say(*map(str, error.findings))
        return BAD_CONFIG
    _say(*map(str, config.warnings))
    callers = _bound(config.listen)
    admin = None if config.admin is None else _bound(config.admin)
    if callers is None or (admin is None and config.admin is not None):
        return CANNOT_LISTEN
    await Life(config, Ports(callers, admin), events, access_log=access_log, grace=grace).run(signals)
    return FINE


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


def _bound(address: Listen) -> socket.socket | None:
    try:
        return bind(address)
    except OSError as error:
        problem = (error.strerror or "").partition(" (")[0]  # it goes on with the address, once more
        _say(f"jobgateway: cannot listen on {address.host} port {address.port}: {problem}")
        return None


def teller(events: Events) -> Callable[[Any, dict[str, Any]], None]:
    """What the loop says of errors that nobody awaits; its own way would print their texts."""

    def tell(_loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        events.tell("loop_error", "error", errors=[] if error is None else traces(error))

    return tell


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")
