"""The supervisor of several workers: it owns the sockets, the signals and the admin port, and serves no caller.

It forks, so it has one thread, and forks only while its loop stands still.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from jobgateway import __version__
from jobgateway.edge.crew import Crew
from jobgateway.edge.forking import fork
from jobgateway.edge.health import Health
from jobgateway.edge.life import admin_listener, announce, reload_on_demand
from jobgateway.edge.listener import address_of
from jobgateway.edge.process import Process
from jobgateway.edge.reload import Reloader
from jobgateway.edge.renewal import Renewal
from jobgateway.edge.rollout import Rollout, load
from jobgateway.edge.signals import Signals
from jobgateway.edge.unawaited import teller
from jobgateway.edge.worker import Assignment
from jobgateway.observe.board import Board
from jobgateway.observe.events import Events

if TYPE_CHECKING:
    from jobgateway.config.model import Config
    from jobgateway.edge.life import Ports
    from jobgateway.edge.listener import Listener
    from jobgateway.edge.place import Place
    from jobgateway.edge.service import Terms


class Supervisor:
    """Keeps as many workers as the configuration says."""

    def __init__(self, config: Config, ports: Ports, terms: Terms) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(teller(terms.events))
        self._ports = ports
        self._terms = terms
        self._wanted: deque[Place] = deque()
        self._crew = crew = Crew(config.workers, terms.events, self._want)
        self._board = Board(__version__, crew.rows)
        self._rollout = rollout = Rollout(config, crew, self._board)
        self._reloader = Reloader(config, rollout.put, self._board, terms.events, load=load)
        self._health = Health(crew.enough)
        self._health.loaded = True

    def run(self) -> Assignment | None:
        """Supervise until told to stop, and give ``None``; or, in a new worker, give what it is to do."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, as a parent may have left it, children are not told of
        self._loop.run_until_complete(self._rollout.begin())
        self._wanted.extend(self._crew.places)
        living = self._loop.create_task(self._live())
        living.add_done_callback(lambda _: self._loop.stop())
        while not living.done():
            while self._wanted:
                assignment = self._fill(self._wanted.popleft())
                if assignment is not None:
                    return assignment
            self._loop.run_forever()
        living.result()
        self._loop.close()
        return None

    def _want(self, place: Place) -> None:
        self._wanted.append(place)
        self._loop.stop()

    def _fill(self, place: Place) -> Assignment | None:
        """Start a process for a place. In that process, give what it is to do."""
        ours, its = socket.socketpair()
        callers = self._ports.callers
        try:
            pid = fork({callers.fileno(), its.fileno()})
        except OSError as error:
            ours.close()
            its.close()
            self._loop.call_soon(self._crew.fail, place, os.strerror(error.errno or 0))
            return None
        if not pid:
            terms = msgspec.structs.replace(self._terms, events=Events(worker=place.index))
            standing, config = self._crew.standing, self._rollout.config
            return Assignment(place.index, config, callers, its, place.ledger, standing, terms)
        its.close()
        place.fill(Process(pid, ours, self._loop, partial(self._crew.note_ready, place)))
        return None

    async def _live(self) -> None:
        crew = self._crew
        signals = Signals(last=crew.kill)
        signals.take_over(reloads=True)
        self._loop.add_signal_handler(signal.SIGCHLD, crew.reap)
        crew.reap()
        bound = self._ports.admin
        admin = None if bound is None else admin_listener(bound, self._health, self._board)
        async with asyncio.TaskGroup() as group:
            if admin is not None:
                group.create_task(admin.run())
                await admin.open()
            watching = group.create_task(crew.watch())
            ending = [group.create_task(reload_on_demand(self._reloader, signals))]
            if self._terms.certificate is not None:
                renewal = Renewal(self._terms.certificate, self._terms.events)
                ending.append(group.create_task(renewal.run(crew.renew)))
            await _either(crew.complete, signals.stop)
            if not signals.stop.is_set():
                self._announce(admin)
            await signals.stop.wait()
            for each in ending:
                each.cancel()
            await self._drain()
            watching.cancel()
            if admin is not None:
                admin.close()

    def _announce(self, admin: Listener | None) -> None:
        callers = address_of(self._ports.callers)
        announce(self._rollout.config, callers, None if admin is None else admin.address)

    async def _drain(self) -> None:
        grace, events = self._terms.grace, self._terms.events
        self._health.draining = True
        self._wanted.clear()
        events.tell("drain", workers=len(self._crew.processes()), grace_s=grace)
        self._ports.callers.close()
        events.tell("stopped", unanswered=await self._crew.drain(grace))


async def _either(*events: asyncio.Event) -> None:
    """Wait until one of these has happened."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
