"""A worker: one of several processes that serve callers, at the orders of a supervisor."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

import uvloop
from msgspec import Struct

from jobgateway import __version__
from jobgateway.building import build_gateway
from jobgateway.edge.absences import absences
from jobgateway.edge.accepting import Acceptor
from jobgateway.edge.channel import Channel, Discard, Drain, Drained, Prepare, Prepared, Ready, Renew, Swap, Swapped
from jobgateway.edge.descriptors import provide
from jobgateway.edge.renewal import renew
from jobgateway.edge.service import Service, Terms
from jobgateway.edge.signals import Signals
from jobgateway.edge.unawaited import teller
from jobgateway.observe.events import traces
from jobgateway.observe.metrics import Metrics

if TYPE_CHECKING:
    import socket

    from jobgateway.config.model import Config
    from jobgateway.edge.standing import Standing
    from jobgateway.gateway import Gateway
    from jobgateway.observe.ledger import Ledger

BEAT: Final = 0.25
"""Seconds between the signs of life of a worker."""
FINE: Final = 0
INTERNAL: Final = 70
"""EX_SOFTWARE of sysexits.h."""


class Assignment(Struct, frozen=True):
    """What a worker gets from its supervisor when it is forked."""

    index: int
    config: Config
    callers: socket.socket
    supervisor: socket.socket
    """This worker's end of the channel."""
    ledger: Ledger
    standing: Standing
    terms: Terms


def work(assignment: Assignment) -> NoReturn:
    """Serve in this process until told to stop, and end it without a way back into what the supervisor was doing."""
    code = INTERNAL
    try:
        uvloop.run(_live(assignment))
        code = FINE
    except Exception as error:  # noqa: BLE001, the supervisor starts another; no traceback reaches people
        assignment.terms.events.tell("worker_failed", "error", errors=traces(error))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


async def _live(assignment: Assignment) -> None:
    signals = Signals()
    signals.take_over(reloads=False, ending=[signal.SIGTERM])
    asyncio.get_running_loop().set_exception_handler(teller(assignment.terms.events))
    await Worker(assignment, await Channel.on(assignment.supervisor)).run(signals)


class Worker:
    """A service that tells its supervisor how it is, and does as it says."""

    def __init__(self, assignment: Assignment, supervisor: Channel) -> None:
        config = assignment.config
        self._index = assignment.index
        self._standing = assignment.standing
        self._supervisor = supervisor
        self._metrics = Metrics(__version__, assignment.ledger)
        self._metrics.lacking(absences(config))
        self._certificate, self._events = assignment.terms.certificate, assignment.terms.events
        tls = None if self._certificate is None else self._certificate.context
        acceptor = Acceptor(assignment.standing, assignment.index, config.connections_each, tls)
        self._service = Service(config, assignment.callers, self._metrics, assignment.terms, acceptor)
        self._prepared: tuple[Config, Gateway] | None = None

    async def run(self, signals: Signals) -> None:
        """Serve until told to stop, or until the supervisor is gone; then until what is under way has ended."""
        service = self._service
        async with asyncio.TaskGroup() as group:
            callers = group.create_task(service.listener.run())
            await service.listener.open()
            self._standing.beat(self._index)  # before anybody is told: siblings reckon with those that live
            beating = group.create_task(self._beat())
            obeying = group.create_task(self._obey(signals))
            self._supervisor.send(Ready())
            await signals.stop.wait()
            self._supervisor.send(Drained(await service.drain(callers)))
            obeying.cancel()
            beating.cancel()
        self._metrics.settle()
        await self._supervisor.aclose()

    async def _beat(self) -> None:
        while True:
            self._standing.beat(self._index)
            self._metrics.settle()
            await asyncio.sleep(BEAT)

    async def _obey(self, signals: Signals) -> None:
        while (order := await self._supervisor.receive()) is not None:
            match order:
                case Prepare():
                    self._prepare(order)
                case Swap():
                    self._swap()
                case Discard():
                    await self._discard()
                case Renew():
                    self._renew()
                case Drain():
                    signals.stop.set()
        signals.stop.set()

    def _prepare(self, order: Prepare) -> None:
        errors = []
        try:
            config = pickle.loads(order.config)  # noqa: S301, it is the supervisor's, who forked this process
            provide(config)
            self._prepared = config, build_gateway(config, self._metrics)
        except Exception as error:  # noqa: BLE001, whatever is wrong with the new one, the old one serves on
            errors = traces(error)
        self._supervisor.send(Prepared(errors))

    def _swap(self) -> None:
        if self._prepared is not None:
            config, gateway = self._prepared
            self._prepared = None
            self._service.current.swap(config, gateway)
            self._metrics.lacking(absences(config))
        self._supervisor.send(Swapped())

    def _renew(self) -> None:
        """The supervisor tells people that it went well, and so speaks for all; here only a failure is told."""
        if self._certificate is not None:
            renew(self._certificate, self._events, aloud=False)

    async def _discard(self) -> None:
        if self._prepared is not None:
            _, gateway = self._prepared
            self._prepared = None
            await gateway.aclose()
