"""Bytes replayed to a whole gateway over sockets, each case followed by a sentinel on the same connection."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from typing import Self

from jobgateway.building import build_backend
from jobgateway.config.model import Backend, Config, Limits, Route
from jobgateway.gateway import Gateway
from support.ears import Ear, said
from support.edges import EdgeUnderTest
from support.gateways import DIALECTS, SCOPE
from support.served import Served
from support.specs import all_specs

TARGET = f"/public/{SCOPE}/jobs"
KEY = "kR7mW2xQ9vTn4LsZ8bYc"
AT_ONCE = 0.3
"""Seconds within which an answer comes that needs no deadline."""
DEADLINE = 10.5
"""Seconds after which nothing may wait for the rest of a request."""
V2_JOB = {
    "jobId": 7, "description": "d", "status": "running", "createdAt": 1, "updatedAt": 1, "startAt": 1,
    "projectId": 1, "action": "a", "referenceId": "r", "errors": None,
}  # fmt: skip
_PAGE = said(json.dumps({"data": [V2_JOB]}).encode())
_ONE = said(json.dumps({"data": V2_JOB}).encode())
_LENGTH = re.compile(rb"(?im)^content-length: (\d+)\r$")
_ID = re.compile(rb"(?im)^x-request-id: (\S+)\r$")


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    statuses: tuple[int, ...]
    """Of the answers before the sentinel's."""
    sentinel: int | None
    """The status of the sentinel's answer, if it came."""
    reached: int
    """Requests at the backend that were not the sentinel's."""
    waited: bool
    """Whether it took the deadline to end it."""
    ended: bool
    """Whether the gateway closed the connection."""
    rest: bytes
    """What was no whole answer."""
    said: bytes


class Stage:
    """A gateway for all dialects over one backend that writes down each head it gets."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.heads: list[bytes] = []
        self._limits = limits or Limits()
        self._numbers = count()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        ear = await self._stack.enter_async_context(Ear(self._say))
        config = Config(
            backends={"only": Backend(name="only", dialect="openreplay-v2", url=ear.url, scope=SCOPE)},
            routes=tuple(Route(name, "only", "documented") for name in ("openreplay-v2", "openreplay-v1", "explorer")),
            specs=all_specs(),
            limits=self._limits,
        )
        backend = build_backend(config, config.backends["only"], DIALECTS["openreplay-v2"])
        gateway = Gateway(config, {"only": backend})
        self._stack.push_async_callback(gateway.aclose)
        self.served = await self._stack.enter_async_context(Served(edge=EdgeUnderTest(config, gateway)))
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0)
        await self._stack.aclose()
        await asyncio.sleep(0.01)

    def _say(self, head: bytes) -> bytes:
        self.heads.append(head)
        return _PAGE if re.match(rb"GET [^ ]*/jobs[ ?]", head) else _ONE

    async def replay(self, case: bytes, *, then: bool = True) -> Outcome:
        """What comes of a case; ``then``: a sentinel follows at once."""
        name = b"sentinel-%d" % next(self._numbers)
        sentinel = (
            f"GET {TARGET} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n".encode()
            + b"X-Request-Id: %b\r\n\r\n" % name
        )
        self.heads.clear()
        reader, writer = await self.served.connect()
        writer.write(case + sentinel if then else case)
        answer, waited = bytearray(), False
        ended = await _read(reader, answer, AT_ONCE)
        if not ended:
            waited = True
            self.served.hurry(DEADLINE)
            ended = await _read(reader, answer, AT_ONCE)
        writer.close()
        answers, rest = split(bytes(answer))
        last = [status for status, id_ in answers if id_ == name]
        return Outcome(
            tuple(status for status, id_ in answers if id_ != name),
            last[0] if len(last) == 1 and answers[-1][1] == name else None,
            sum(b"x-request-id: " + name not in head.lower() for head in self.heads),
            waited,
            ended,
            rest,
            bytes(answer),
        )

    async def drip(self, case: bytes) -> list[int]:
        """The statuses of the answers to a case that comes byte by byte, until there is an answer."""
        reader, writer = await self.served.connect()
        answer = bytearray()
        reading = asyncio.create_task(_read(reader, answer, 10))
        for at in range(len(case)):
            if answer or reading.done():
                break
            writer.write(case[at : at + 1])
            await asyncio.sleep(0)
        assert await reading
        writer.close()
        return [status for status, _ in split(bytes(answer))[0]]


async def _read(reader: asyncio.StreamReader, into: bytearray, patience: float) -> bool:
    """Read until the end, and tell whether it came in time."""
    try:
        async with asyncio.timeout(patience):
            while data := await reader.read(65_536):
                into += data
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True  # an end, too
    return True


def split(answers: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Status and id of each whole answer, and what is left."""
    found = []
    while answers.startswith(b"HTTP/1.1 "):
        head, gap, rest = answers.partition(b"\r\n\r\n")
        status = int(head[9:12])
        length = _LENGTH.search(head + b"\r\n")
        size = int(length[1]) if length else 0
        if not gap or len(rest) < size:
            break
        if status >= 200:
            id_ = _ID.search(head + b"\r\n")
            found.append((status, id_[1] if id_ else b""))
        answers = rest[size:]
    return found, answers


async def all_outcomes(cases: Iterable[tuple[str, bytes]], limits: Limits | None = None) -> dict[str, Outcome]:
    """What comes of each case, by name."""
    async with Stage(limits) as stage:
        return {name: await stage.replay(case) for name, case in cases}
