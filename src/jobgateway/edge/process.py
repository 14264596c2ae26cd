"""A worker's process, as its supervisor sees it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jobgateway.edge.channel import Channel, Drained, Ready

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from jobgateway.edge.channel import Message


class Process:
    """A process from its fork to its end, and what it says meanwhile."""

    def __init__(
        self, pid: int, end: socket.socket, loop: asyncio.AbstractEventLoop, on_ready: Callable[[Process], None]
    ) -> None:
        """``end``: of the channel. The loop need not run yet."""
        self.pid = pid
        self.ready = False
        self.unanswered = 0
        """How many requests it left when it had drained."""
        self.beats = 0
        """Its heartbeats when they were last looked at."""
        self.silent = 0
        """How often there was no new one."""
        self._since = time.monotonic()
        self._on_ready = on_ready
        self._opening = loop.create_task(Channel.on(end))
        self._answers: asyncio.Queue[Message | None] = asyncio.Queue()
        self._gone = False
        self._listening = loop.create_task(self._listen())

    @property
    def lived(self) -> float:
        """Seconds since it was forked."""
        return time.monotonic() - self._since

    async def tell(self, order: Message) -> None:
        """Say what it is to do."""
        (await self._opening).send(order)

    async def ask(self, order: Message, within: float) -> Message | None:
        """Say what it is to do and hear how that went; ``None`` where it has ended, or is ended for its silence."""
        if self._gone:
            return None
        await self.tell(order)
        try:
            async with asyncio.timeout(within):
                return await self._answers.get()
        except TimeoutError:
            self.kill()
            return None

    def kill(self) -> None:
        """End it at once. It has not been waited for, so its id is still its own."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    async def last_words(self) -> None:
        """Wait until all that it has said was heard; it has ended."""
        await self._listening

    async def _listen(self) -> None:
        channel = await self._opening
        while (report := await channel.receive()) is not None:
            match report:
                case Ready():
                    self.ready = True
                    self._on_ready(self)
                case Drained():
                    self.unanswered = report.unanswered
                case _:
                    self._answers.put_nowait(report)
        self.ready = False
        self._gone = True
        self._answers.put_nowait(None)
        await channel.aclose()
