"""What is written in one turn of the event loop, sent together at the end of it."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

MOST: Final = 16
"""Messages that wait at most, so that none waits for the work of many requests."""


class Sender(Protocol):
    """Who has something to send."""

    def send(self, message: bytes) -> None:
        """Send it now, if that is still possible."""


class Outbox:
    """Messages of many senders, each sender's in order. Belongs to one event loop.

    Each message wakes the process that it is for, and the way through the system and back pushes what is being
    worked on out of the processor's caches. So only the first message of a turn goes out at once, for where it
    is the only one nobody should wait, and those that follow go out together.
    """

    __slots__ = ("_in_turn", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[tuple[Sender, bytes]] = []
        self._in_turn = False
        """Whether a message has gone out since the event loop last looked for news."""

    def put(self, sender: Sender, message: bytes, loop: asyncio.AbstractEventLoop) -> None:
        """Have a message sent within this turn of the loop, or at once."""
        if self._in_turn:
            self._waiting.append((sender, message))
            if len(self._waiting) >= MOST:
                self.flush()
        else:
            self._in_turn = True
            loop.call_soon(self._end_turn)
            sender.send(message)

    def flush(self) -> None:
        """Send what waits."""
        waiting, self._waiting = self._waiting, []
        for sender, message in waiting:
            sender.send(message)

    def _end_turn(self) -> None:
        self._in_turn = False
        if self._waiting:
            self.flush()
