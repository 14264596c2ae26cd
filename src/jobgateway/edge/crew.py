"""All workers, as their supervisor sees them: kept complete, told what to do, ended."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from jobgateway.edge.channel import Drain, Renew
from jobgateway.edge.place import Place
from jobgateway.edge.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobgateway.edge.process import Process
    from jobgateway.observe.board import Row
    from jobgateway.observe.events import Events, Level

LOOK: Final = 1.0
"""Seconds between looks at the workers' heartbeats."""
SILENCE: Final = 30
"""How many looks without a heartbeat end a worker. Looks, not seconds: a machine that slept has made none."""
ENDING: Final = 5.0
"""Seconds that a worker may take to end when its grace is over."""


class Crew:
    """The places of all workers, and the processes that fill them."""

    def __init__(self, workers: int, events: Events, want: Callable[[Place], None]) -> None:
        """``want`` is called with every place that is to be filled again."""
        self.standing = Standing(workers)
        self.places = [Place(index) for index in range(workers)]
        self.complete = asyncio.Event()
        """Whether all workers have been ready at the same time."""
        self._gone = asyncio.Event()
        self._events = events
        self._want = want
        self._ending = False
        self._held: list[Place] | None = None

    def processes(self) -> list[Process]:
        """Those that have not ended."""
        return [place.process for place in self.places if place.process is not None]

    def rows(self) -> list[Row]:
        """What the metrics show."""
        return [place.row() for place in self.places]

    def enough(self) -> bool:
        """Whether at least half of the workers are ready."""
        return 2 * sum(place.ready for place in self.places) >= len(self.places)

    def note_ready(self, place: Place, process: Process) -> None:
        """A process accepts connections."""
        if self.complete.is_set():
            self._events.tell("worker_ready", worker=place.index, pid=process.pid)
        elif all(each.ready for each in self.places):
            self.complete.set()

    def reap(self) -> None:
        """Look after children that have ended."""
        for place in self.places:
            code = place.look()
            if code is not None and place.process is not None:
                self._note_end(place, place.process.pid, code)

    def _note_end(self, place: Place, pid: int, code: int) -> None:
        self.standing.leave(place.index)
        pause = place.leave()
        if self._ending:
            if not self.processes():
                self._gone.set()
            return
        how = {"exit": code} if code >= 0 else {"signal": signal.Signals(-code).name}
        level: Level = "error" if code else "info"
        self._events.tell("worker_ended", level, worker=place.index, pid=pid, **how, next_in_s=pause)
        asyncio.get_running_loop().call_later(pause, self._refill, place)

    def fail(self, place: Place, problem: str) -> None:
        """No process could be started."""
        pause = place.leave()
        self._events.tell("worker_not_started", "error", worker=place.index, problem=problem, next_in_s=pause)
        asyncio.get_running_loop().call_later(pause, self._refill, place)

    def _refill(self, place: Place) -> None:
        if self._ending:
            return
        if self._held is None:
            self._want(place)
        else:
            self._held.append(place)

    @contextmanager
    def held(self) -> Iterator[list[Process]]:
        """Start nobody meanwhile: gives all who have to agree."""
        held = self._held = []
        try:
            yield self.processes()
        finally:
            self._held = None
            for place in held:
                self._refill(place)

    async def renew(self) -> None:
        """Let all show the certificate that the files hold now. Those that are started later begin with it."""
        await asyncio.gather(*(process.tell(Renew()) for process in self.processes()))

    async def watch(self) -> None:
        """End workers whose loop stands still, for ever."""
        while True:
            await asyncio.sleep(LOOK)
            for place in self.places:
                if place.process is not None:
                    self._feel(place.index, place.process)

    def _feel(self, index: int, process: Process) -> None:
        beats = self.standing.beats(index)
        process.silent = process.silent + 1 if beats == process.beats else 0
        process.beats = beats
        if process.silent == SILENCE:
            process.silent = 0
            self._events.tell("worker_stuck", "error", worker=index, pid=process.pid)
            process.kill()

    async def drain(self, grace: float) -> int:
        """Let all end what they do, within so many seconds; then end those that have not.

        Gives how many requests were left unanswered, as far as is known.
        """
        self._ending = True
        processes = self.processes()
        if not processes:
            return 0
        await asyncio.gather(*(process.tell(Drain()) for process in processes))
        try:
            async with asyncio.timeout(grace + ENDING):
                await self._gone.wait()
        except TimeoutError:
            self.kill()
            await self._gone.wait()
        await asyncio.gather(*(process.last_words() for process in processes))
        return sum(process.unanswered for process in processes)

    def kill(self) -> None:
        """End all at once."""
        for process in self.processes():
            process.kill()
