"""A backend that answers from memory, as fast as an event loop can: never the slowest part.

``python -m bench.canned DIALECT PORT [LATENCY_MS]`` serves lists and single jobs in a dialect.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Final

import uvloop

from jobgateway.config.specs import shipped_specs
from jobgateway.mock.population import population
from jobgateway.translation.dialect import Dialect, compile_dialect
from jobgateway.translation.hub import ANYTHING, GetJob, ListJobs, Page, Window

TOTAL: Final = 10_000
_SIZE: Final = re.compile(rb"(?:limit|pageSize)=([0-9]+)")
_PAGE: Final = re.compile(rb"[?&]page=([0-9]+)")


def answers(dialect: Dialect) -> dict[tuple[int, int], bytes]:
    """Whole HTTP answers, made once: a job under (0, 0), pages under (size, number), on demand."""
    job = population(1, 1)[0]
    return {(0, 0): _http(dialect.write_reply(GetJob(None, job.id), job, dialect.spec.profiles[0]).body)}


def page(dialect: Dialect, size: int, number: int) -> bytes:
    """A page of the list; the last is short, and those behind it are empty."""
    jobs = _jobs()[(number - 1) * size : number * size]
    call = ListJobs(None, Window((number - 1) * size, size), ANYTHING, None, counted=True)
    return _http(dialect.write_reply(call, Page(tuple(jobs), TOTAL), dialect.spec.profiles[0]).body)


_JOBS: list = []


def _jobs() -> list:
    if not _JOBS:
        _JOBS.extend(reversed(population(TOTAL, 1)))
    return _JOBS


def _http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Canned(asyncio.Protocol):
    """One connection; requests have no body and come one at a time, or pipelined."""

    def __init__(self, dialect: Dialect, made: dict[tuple[int, int], bytes], latency: float) -> None:
        self._dialect = dialect
        self._made = made
        self._latency = latency
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for head in heads:
            answer = self._answer(head.split(b" ", 2)[1])
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
            else:
                self._transport.write(answer)

    def _answer(self, target: bytes) -> bytes:
        if target.partition(b"?")[0].rpartition(b"/")[2].isdigit():
            return self._made[0, 0]
        size, number = _SIZE.search(target), _PAGE.search(target)
        key = (int(size[1]) if size else 50, int(number[1]) if number else 1)
        if key not in self._made:
            self._made[key] = page(self._dialect, *key)
        return self._made[key]


async def serve(dialect: Dialect, port: int, latency: float) -> None:
    """Serve until ended."""
    made = answers(dialect)
    server = await asyncio.get_running_loop().create_server(
        lambda: Canned(dialect, made, latency), "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(
        serve(compile_dialect(shipped_specs()[sys.argv[1]]), int(sys.argv[2]), float(sys.argv[3:4] and sys.argv[3] or 0) / 1000)
    )
