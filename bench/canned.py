"""A backend that answers from memory, as fast as an event loop can: seldom the slowest part.

``python -m bench.canned DIALECT PORT --jobs N --latency SECONDS`` serves lists and single jobs.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Final

import uvloop

from bench.wording import KEY, jobs
from jobgateway.config.specs import shipped_dialects
from jobgateway.mock.store import Store
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Request

_END: Final = b"\r\n\r\n"


class Shelf:
    """Whole HTTP answers by their request line, each made once, when it is first asked for."""

    def __init__(self, dialect: Dialect, count: int) -> None:
        presented = dialect.write_secret(KEY)
        if presented is None:
            raise ValueError(f"{dialect.name} cannot say the key")
        self._dialect = dialect
        self._credential = presented[1]
        self._store = Store(jobs(count), clock=lambda: 0)
        self._made: dict[bytes, bytes] = {}
        self._stranger = self._http(Refusal(Reason.BAD_CREDENTIAL), None)

    def answer(self, head: bytes) -> bytes:
        """The answer to a request without a body, given its head; nothing that it says changes a job."""
        if self._credential not in head:
            return self._stranger
        line = head.partition(b"\r\n")[0]
        made = self._made.get(line)
        if made is None:
            made = self._made[line] = self._make(line)
        return made

    def _make(self, line: bytes) -> bytes:
        method, target, _ = line.decode("ascii").split(" ")
        path, _, query = target.partition("?")
        call = self._dialect.read_call(Request(method, path, query))
        if isinstance(call, Refusal):
            return self._http(call, None)
        if method != "GET":
            return self._http(Refusal(Reason.UNSUPPORTED), call)
        return self._http(self._store.answer(call), call)

    def _http(self, reply: object, call: object) -> bytes:
        response = self._dialect.write_reply(call, reply, self._dialect.spec.profiles[0])  # type: ignore[arg-type]
        head = f"HTTP/1.1 {response.status} OK\r\nContent-Type: {response.media}\r\n"
        return f"{head}Content-Length: {len(response.body)}".encode() + _END + response.body


class Canned(asyncio.Protocol):
    """One connection; requests have no body and come one at a time, or pipelined."""

    def __init__(self, shelf: Shelf, latency: float) -> None:
        self._shelf = shelf
        self._latency = latency
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        *heads, self._rest = (self._rest + data).split(_END)
        for head in heads:
            answer = self._shelf.answer(head)
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def serve(dialect: Dialect, port: int, *, count: int, latency: float) -> None:
    """Serve until ended."""
    shelf = Shelf(dialect, count)
    server = await asyncio.get_running_loop().create_server(
        lambda: Canned(shelf, latency), "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.canned")
    parser.add_argument("dialect", choices=sorted(shipped_dialects()))
    parser.add_argument("port", type=int)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0, help="seconds before every answer")
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    uvloop.run(serve(shipped_dialects()[options.dialect], options.port, count=options.jobs, latency=options.latency))
