"""A plain backend that keeps what it reads, and answers every request with a list or a job, in good faith."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from msgspec import Struct

_job: Final = {
    "jobId": 7, "description": "d", "status": "running", "createdAt": 1, "updatedAt": 1, "startAt": 1,
    "projectId": 1, "action": "a", "referenceId": "r", "errors": None,
}  # fmt: skip
_number: Final = re.compile(rb"[^ ]+ +[^ ?]*/jobs/([1-9][0-9]{0,8})[ ?]").match
_id: Final = re.compile(rb"(?im)^x-request-id: *([A-Za-z0-9._-]{1,64})\r?$").search
_chunked: Final = re.compile(rb"(?im)^transfer-encoding:.*chunked").search
_length: Final = re.compile(rb"(?im)^content-length: *([0-9]{1,12})\r?$").search
_last: Final = re.compile(rb"(?im)^connection: *close\r?$").search
_END: Final = b"\r\n\r\n"


class Heard(Struct, frozen=True):
    """A request as it came."""

    head: bytes

    @property
    def asked(self) -> tuple[str, str]:
        """Method and target."""
        words = self.head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        return words[0], " ".join(words[1:-1])

    @property
    def id(self) -> str:
        """The id that it bears; none: empty."""
        found = _id(self.head)
        return found[1].decode() if found else ""


class Echo:
    """The backend. It takes chunks for chunks and a length for a length, and judges nothing."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.bytes = bytearray()
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        head = b""
        try:
            while not _last(head):
                head = await self._until(reader, _END)
                self.heard.append(Heard(head))
                await self._body(head, reader)
                writer.write(_answer(head))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            """It ended, or said what frames nothing."""
        finally:
            writer.close()

    async def _body(self, head: bytes, reader: asyncio.StreamReader) -> None:
        if _chunked(head):
            while size := int(await self._until(reader, b"\r\n"), 16):
                await self._exactly(reader, size + 2)
            while await self._until(reader, b"\r\n") != b"\r\n":
                """A trailer."""
        elif length := _length(head):
            await self._exactly(reader, int(length[1]))

    async def _until(self, reader: asyncio.StreamReader, end: bytes) -> bytes:
        came = await reader.readuntil(end)
        self.bytes += came
        return came

    async def _exactly(self, reader: asyncio.StreamReader, size: int) -> None:
        self.bytes += await reader.readexactly(size)


def _answer(head: bytes) -> bytes:
    one = _number(head)
    body = json.dumps({"data": {**_job, "jobId": int(one[1])} if one else [_job]}).encode()
    bears = _id(head)
    line = b"X-Request-Id: %b\r\n" % bears[1] if bears else b""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%b" % (
        line,
        len(body),
        body,
    )


@asynccontextmanager
async def echo() -> AsyncIterator[Echo]:
    """A backend on a port of this process until the end of the block."""
    made, tasks = Echo(), set[asyncio.Task[Any]]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await made.talk(reader, writer)

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was closed is let go of
