"""A caller's kept connection to a gateway in another process."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Self

from support.edges import V2_LIST
from support.running import PATIENCE, Process

REQUEST = f"GET {V2_LIST} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Sesame42\r\n\r\n".encode()


class Caller:
    """One kept connection."""

    async def connect(self, process: Process, **how: Any) -> Self:
        """``how``: what ``asyncio.open_connection`` takes besides."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", process.port, **how)
        return self

    async def ask(self, path: str = V2_LIST) -> int:
        """The status of the answer. Raises ``ConnectionError`` or ``IncompleteReadError``."""
        self.writer.write(REQUEST.replace(V2_LIST.encode(), path.encode()))
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await self.reader.readexactly(int(length.partition(b":")[2]))
        return int(head.split()[1])

    async def leave(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()
