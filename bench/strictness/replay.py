"""A case on a fresh connection, a sentinel right behind it, and what came of both."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Final

from msgspec import Struct

from bench.strictness.cases import HEAD, TARGET, Case

PATIENCE: Final = 3.0
"""Seconds after which somebody is left waiting. Everyone's own deadline is 10 s."""
QUIET: Final = 0.1
"""Seconds without a word after which an answer that said so is taken for the last, and what was handed on for all."""
_length: Final = re.compile(rb"(?im)^content-length: *(\d+)\r$").search
_id: Final = re.compile(rb"(?im)^x-request-id: *(\S+)\r$").search
_last: Final = re.compile(rb"(?im)^connection: *close\r$").search
_FIRST: Final = 100_000
_INTERIM: Final = 200


class Answer(Struct, frozen=True):
    """An answer, as a caller sees it."""

    status: int
    id: str
    last: bool
    """Whether it says that the connection ends with it."""


class Sentinel(Struct, frozen=True):
    """A request that is in order, and told from all others by its number."""

    number: int

    @property
    def id(self) -> str:
        """The id that it bears."""
        return f"sentinel-{self.number}"

    @property
    def target(self) -> str:
        """What it asks for."""
        return f"{TARGET}/{_FIRST + self.number}"

    @property
    def sent(self) -> bytes:
        """Its bytes."""
        lines = f"Connection: close\r\nX-Request-Id: {self.id}\r\n\r\n"
        return HEAD.replace(TARGET.encode(), self.target.encode()) + lines.encode()


class Talk(Struct, frozen=True):
    """What a caller sees."""

    answers: tuple[Answer, ...]
    rest: bytes
    """What was no whole answer."""
    ended: bool
    """Whether it came to an end within ``PATIENCE``."""


async def talk(port: int, case: Case, sentinel: Sentinel) -> Talk:
    """Send both at once, and read until there is nothing more to come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    came = bytearray()
    ended = False
    try:
        writer.write(case.sent + sentinel.sent)
        async with asyncio.timeout(PATIENCE):
            while data := await _more(reader, came):
                came += data
            ended = True
    except TimeoutError:
        """Left waiting."""
    except ConnectionError:
        ended = True
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return Talk(*split(bytes(came)), ended)


async def _more(reader: asyncio.StreamReader, came: bytearray) -> bytes:
    """What comes next; nothing at the end, or a while behind an answer that says it is the last."""
    answers, rest = split(bytes(came))
    if rest or not answers or not answers[-1].last:
        return await reader.read(65_536)
    try:
        return await asyncio.wait_for(reader.read(65_536), QUIET)
    except TimeoutError:
        return b""


def split(came: bytes) -> tuple[tuple[Answer, ...], bytes]:
    """The whole answers, interim ones left out, and what is left."""
    found = []
    while re.match(rb"HTTP/1\.[01] \d{3}", came):
        head, gap, rest = came.partition(b"\r\n\r\n")
        head += b"\r\n"
        length, status = _length(head), int(head[9:12])
        size = int(length[1]) if length else 0
        if not gap or len(rest) < size:
            break
        if status >= _INTERIM:
            bears = _id(head)
            found.append(Answer(status, bears[1].decode("latin-1") if bears else "", bool(_last(head))))
        came = rest[size:]
    return tuple(found), came
