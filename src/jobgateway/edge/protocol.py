"""Callers' connections: requests in, answers out, in order, within limits.

It stands where uvicorn's own protocols do, whose server opens, counts and drains the connections;
an ASGI application in between would cost a request more than everything else that is done for it.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

from jobgateway.config.model import Limits
from jobgateway.edge.answering import NOBODY, Incoming, answer_headers, ends_connection
from jobgateway.edge.app import Edge
from jobgateway.edge.head import Head, head_of
from jobgateway.edge.reading import Arrived, Reading, UnreadableError
from jobgateway.translation.hub import Refusal
from jobgateway.translation.wire import Headers, Response

TURNED_AWAY: Final = 1.0
"""Seconds after which a connection beyond the limit is cut, answered or not."""
HEAD_WITHIN: Final = 10.0
"""Seconds for the whole head of a request, from its first byte or from the connection's beginning."""
KEEP_ALIVE: Final = 75.0
"""Seconds that an idle connection is kept: longer than the proxies that usually stand in front keep theirs."""
SWEEP: Final = 1.0
"""Seconds between looks at who is idle or slow: one timer for all connections costs a request nothing."""
LARGE: Final = 256 * 1024
"""Bytes of a body that is not copied to stand behind its head."""
_BODILESS: Final = frozenset({204, 304})
_STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Callers:
    """All connections of callers: how many there are, and which of them are idle or slow."""

    def __init__(self, limits: Limits, edge: Edge) -> None:
        self.limits = limits
        self.edge = edge
        self.admitted: set[CallersProtocol] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._default: list[tuple[bytes, bytes]] = []
        self._lines = b""

    def protocol(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> CallersProtocol:  # noqa: ARG002, uvicorn's signature
        """A new connection's protocol, as uvicorn makes them."""
        return CallersProtocol(self, server_state)

    def admit(self, connection: CallersProtocol) -> bool:
        """Count a connection in, unless it is one too many."""
        if len(self.admitted) >= self.limits.connections:
            return False
        self.admitted.add(connection)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP, self._sweep)
        return True

    def lines_of(self, default: list[tuple[bytes, bytes]]) -> bytes:
        """The lines of the server's default headers, which are another list whenever they say something else."""
        if default is not self._default:
            self._default = default
            self._lines = b"".join([b"%b: %b\r\n" % header for header in default])
        return self._lines

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in list(self.admitted):
            connection.look(loop.time())
        self._sweeping = loop.call_later(SWEEP, self._sweep) if self.admitted else None


def callers_protocol(limits: Limits, edge: Edge) -> Any:
    """What makes the protocols of callers' connections; of more than ``limits.connections``, each is turned away."""
    return Callers(limits, edge).protocol


class CallersProtocol(asyncio.Protocol):
    """One caller's connection. One request is answered at a time; those behind it wait unread."""

    __slots__ = (
        "_busy", "_callers", "_gone", "_head", "_keeps", "_loop", "_reading", "_refusal", "_since", "_state",
        "_task", "_wanting", "transport",
    )  # fmt: skip

    def __init__(self, callers: Callers, server_state: Any) -> None:
        """``server_state``: uvicorn's, whose sets of connections and tasks its drain waits for."""
        self._callers = callers
        self._state = server_state
        self._reading = Reading(callers.limits.request_head, callers.edge.answering.largest_body)
        self._task: asyncio.Task[None] | None = None
        """Answers all requests of the connection, one after another; begins with the first."""
        self._wanting: asyncio.Future[Incoming] | None = None
        """What the task waits for between two requests."""
        self._busy = False
        """Whether a request is being answered."""
        self._head: Head | None = None
        """Of the request before."""
        self._gone = False
        self._refusal: Refusal | None = None
        """Why what came last is no request, until the answers before it are given."""
        self._keeps = True
        self._since = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or turn away what is one too many."""
        self.transport = cast("asyncio.Transport", transport)
        self._state.connections.add(self)
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        if not self._callers.admit(self):
            self._keeps = False
            self._loop.call_later(TURNED_AWAY, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, asyncio's signature
        """The caller is gone: so is the reason for what is being done for it."""
        self._gone = True
        self._state.connections.discard(self)
        self._callers.admitted.discard(self)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Read on, and answer when a request is whole."""
        reading = self._reading
        if reading.between:
            self._since = self._loop.time()
        try:
            reading.feed(data)
        except UnreadableError as error:
            self.transport.pause_reading()
            self._refusal = error.refusal
            if not self._busy:
                self._go_on()
            return
        if not self._busy:
            if reading.arrived:
                self._begin(reading.arrived.popleft())
            elif reading.continues and reading.head_done:
                self._answer_expectation()
        elif reading.arrived:
            self.transport.pause_reading()

    def _answer_expectation(self) -> None:
        """The caller waits to hear whether to send its body (RFC 9110 section 10.1.1)."""
        if self._reading.refuses_body:
            self._keeps = False
            self.transport.pause_reading()
            self._begin(self._reading.without_body())
        else:
            self._reading.continues = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _give_up(self, refusal: Refusal) -> None:
        """What came is no request: say so, now that what came before is answered, and end."""
        answer = self._callers.edge.answering.unreadable(refusal)
        self._write(answer, ((b"connection", b"close"),), "GET")
        self.transport.close()

    def _begin(self, arrived: Arrived) -> None:
        self._keeps = self._keeps and arrived.keeps
        self._busy = True
        request, head = arrived.request, self._head
        if head is None or not head.fits(request.headers, arrived.version):
            head = self._head = head_of(request.headers, arrived.version)
        incoming = self._callers.edge.answering.incoming(request, head, too_large=arrived.too_large)
        if self._wanting is not None:
            self._wanting.set_result(incoming)
        else:
            self._task = self._loop.create_task(self._serve(incoming))
        self._state.tasks.add(self._task)

    async def _serve(self, incoming: Incoming) -> None:
        """Answer requests until the connection ends; only while it does is it a task that a drain waits for."""
        try:
            while await self._answer(incoming):
                self._state.tasks.discard(self._task)
                self._wanting = self._loop.create_future()
                self._go_on()
                incoming = await self._wanting
                self._wanting = None
        finally:
            self._state.tasks.discard(self._task)

    async def _answer(self, incoming: Incoming) -> bool:
        """Answer one request, and tell whether the connection goes on."""
        edge = self._callers.edge
        try:
            if self in self._callers.admitted:
                exchange = await edge.answering.answer(incoming)
            else:
                exchange = edge.turn_away(incoming)
        except asyncio.CancelledError:
            if self._gone:
                edge.answering.record(NOBODY, incoming)
                return False
            exchange = edge.answering.stopped(incoming)
        if self._gone:
            return False
        closing = edge.draining or not self._keeps or ends_connection(exchange, incoming)
        self._write(exchange.response, answer_headers(incoming, closing=closing), incoming.request.method)
        if closing:
            self.transport.close()
        return not closing

    def _go_on(self) -> None:
        """Begin with the request that waits, or read on."""
        self._busy = False
        self._since = self._loop.time()
        if self._reading.arrived:
            self._begin(self._reading.arrived.popleft())
        elif self._refusal is not None:
            self._give_up(self._refusal)
        elif not self._keeps:
            self.transport.close()
        else:
            self.transport.resume_reading()

    def _write(self, response: Response, extra: Headers, method: str) -> None:
        """Head and body at once; the answer to HEAD, and 204 and 304, have no content (RFC 9110 section 6.4)."""
        status = response.status
        parts = [_STATUS_LINES[status], self._callers.lines_of(self._state.default_headers)]
        for name, value in (*response.headers, *extra) if response.headers else extra:
            parts += (name, b": ", value, b"\r\n")
        body = b""
        if status not in _BODILESS:
            if response.media:
                parts += (b"content-type: ", response.media.encode("latin-1"), b"\r\n")
            parts.append(b"content-length: %d\r\n" % len(response.body))
            body = response.body if method != "HEAD" else b""
        parts.append(b"\r\n")
        if len(body) > LARGE:
            self.transport.writelines([b"".join(parts), body])
        else:
            parts.append(body)
            self.transport.write(b"".join(parts))

    def look(self, now: float) -> None:
        """Close the connection if it is idle for too long, or too slow to say what it wants."""
        if self._busy:
            return
        waited = now - self._since
        if self._reading.between:
            if waited > KEEP_ALIVE:
                self.transport.close()
        elif waited > HEAD_WITHIN:
            self.transport.abort()

    def shutdown(self) -> None:
        """The server stops: end now, or after the answer under way."""
        if self._busy:
            self._keeps = False
        else:
            self.transport.close()
