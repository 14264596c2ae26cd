"""What servers of the tests share: a port of this process, and conversations that end with the server."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, Self


class Listening(ABC):
    """A server; ``async with`` starts and stops it. What is said on its connections is for others to say."""

    def __init__(self, **how: Any) -> None:
        """``how``: what ``asyncio.start_server`` takes besides."""
        self._how = how
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http{'s' if self._how.get('ssl') else ''}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, **self._how)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @abstractmethod
    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends."""
