"""A caller's connection in this process: what it sends and in which pieces, and all that it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

MOST_TURNS: Final = 50_000
"""Turns of the event loop that a piece may take; far more than the largest input sets in motion."""


class Wire(asyncio.Transport):
    """The gateway's end of the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.said = bytearray()
        self._reads = True
        self._closing = False

    def write(self, data: Any) -> None:
        """Take an answer. Nothing may follow the one that closed the connection."""
        if self._closing:
            raise AssertionError(f"written behind the end: {bytes(data)[:200]!r}")
        self.said += data

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Take an answer in parts."""
        self.write(b"".join(list_of_data))

    def pause_reading(self) -> None:
        """Send nothing more for a while."""
        self._reads = False

    def resume_reading(self) -> None:
        """Send on."""
        self._reads = True

    def is_reading(self) -> bool:
        """Whether something may be sent."""
        return self._reads and not self._closing

    def get_write_buffer_size(self) -> int:
        """Nothing waits: what is said is taken at once."""
        return 0

    def close(self) -> None:
        """End the connection."""
        self._closing = True

    def abort(self) -> None:
        """End the connection."""
        self._closing = True

    def is_closing(self) -> bool:
        """Whether it has ended."""
        return self._closing


async def talk(protocol: asyncio.Protocol, tasks: set[Any], pieces: Iterable[bytes]) -> Wire:
    """Send pieces as they are taken, wait for what is said to them, and go away.

    ``tasks``: holds something while a request is being answered.
    """
    wire = Wire()
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.is_closing():
            protocol.data_received(piece)
        for _ in range(MOST_TURNS):
            if wire.is_closing() or (wire.is_reading() and not tasks):
                break
            await asyncio.sleep(0)
        else:
            raise AssertionError("a request is never answered")
    protocol.connection_lost(None)
    await asyncio.sleep(0)  # whoever waits for the next request hears that there is none
    return wire
