"""A backend on a socket that says the same to everybody and counts what it hears; and a caller that counts, too."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable

from support.listening import Listening
from support.running import PATIENCE

Say = Callable[[bytes], bytes]
"""The whole answer to a request with this head."""


class Ear(Listening):
    """The backend."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say
        self.heard = 0
        """Bytes."""
        self.requests = 0

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.heard += len(head)
                    self.requests += 1
                    writer.write(self._say(head))
                    await writer.drain()
        finally:
            writer.close()


def said(body: bytes) -> bytes:
    """A good answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Mouth:
    """The caller: one connection, opened again where it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes, *, quiet: float = PATIENCE) -> bytes:
        """All that comes back for some bytes: one answer, or what came before the other side was quiet for so long."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request)
        came = b""
        try:
            came = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), quiet)
            length = re.search(rb"(?i)content-length: (\d+)", came)
            came += await asyncio.wait_for(self._reader.readexactly(int(length[1]) if length else 0), quiet)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            await self.close()
        else:
            if b"connection: close" in came.lower():
                await self.close()
        return came

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._writer = None
