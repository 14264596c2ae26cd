"""What a supervisor and its workers say to each other: messages over a pair of sockets."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    import socket

_LENGTH: Final = struct.Struct("!I")


class Prepare(Struct, frozen=True, tag=True):
    """To a worker: make a gateway for this configuration, and wait."""

    config: bytes


class Swap(Struct, frozen=True, tag=True):
    """To a worker: use what you have prepared."""


class Discard(Struct, frozen=True, tag=True):
    """To a worker: drop what you have prepared."""


class Renew(Struct, frozen=True, tag=True):
    """To a worker: read the files of the certificate again."""


class Drain(Struct, frozen=True, tag=True):
    """To a worker: accept no more, answer what is under way, end."""


class Ready(Struct, frozen=True, tag=True):
    """From a worker: connections are accepted."""


class Prepared(Struct, frozen=True, tag=True):
    """From a worker: a gateway is made, unless there were errors."""

    errors: list[dict[str, Any]]


class Swapped(Struct, frozen=True, tag=True):
    """From a worker: every request that begins from now on is answered by the new configuration."""


class Drained(Struct, frozen=True, tag=True):
    """From a worker: its last word, and how many requests it leaves unanswered."""

    unanswered: int


Order = Prepare | Swap | Discard | Renew | Drain
Report = Ready | Prepared | Swapped | Drained
Message = Order | Report


class Channel:
    """One end of the pair. The other end is held by one process, so that its death ends the channel."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = msgspec.msgpack.Decoder(Message)

    @classmethod
    async def on(cls, end: socket.socket) -> Channel:
        """A channel on one end of a pair of sockets, in the loop that runs."""
        return cls(*await asyncio.open_unix_connection(sock=end))

    def send(self, message: Message) -> None:
        """Say something; it is lost where nobody listens any more."""
        body = msgspec.msgpack.encode(message)
        self._writer.write(_LENGTH.pack(len(body)) + body)

    async def receive(self) -> Message | None:
        """The next message; ``None`` when the other side is gone."""
        try:
            (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
            message: Message = self._decoder.decode(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return message

    async def aclose(self) -> None:
        """End it, once all that was said has been sent."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return  # the other side was gone before
