"""Callers' connections: requests in, answers out, in order, within limits.

It stands where uvicorn's own protocols do, whose server opens, counts and drains the connections;
an ASGI application in between would cost a request more than everything else that is done for it.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from jobgateway.config.model import Limits
from jobgateway.edge.answering import NOBODY, Incoming, answer_headers, ends_connection
from jobgateway.edge.app import Edge
from jobgateway.edge.callers import HELD, Callers
from jobgateway.edge.head import Head, head_of
from jobgateway.edge.patience import BODY_WITHIN, GOODBYE, HEAD_WITHIN, KEEP_ALIVE, SETTLED, TURNED_AWAY, Stall
from jobgateway.edge.reading import Arrived, Reading, UnreadableError
from jobgateway.edge.writing import pieces_of
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Headers, Response


def callers_protocol(limits: Limits, edge: Edge) -> Any:
    """What makes the protocols of callers' connections, as uvicorn makes them.

    Of more than ``limits.connections``, one that waits for its caller gives way, or else the new one is turned away.
    """
    callers = Callers(limits, edge)

    def protocol(config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> CallersProtocol:  # noqa: ARG001, uvicorn's signature
        return CallersProtocol(callers, server_state)

    return protocol


class CallersProtocol(asyncio.Protocol):
    """One caller's connection. One request is answered at a time; those behind it wait unread."""

    __slots__ = (
        "_busy", "_callers", "_gone", "_head", "_held", "_in_body", "_keeps", "_loop", "_reading", "_refusal",
        "_since", "_stall", "_state", "_task", "_wanting", "transport",
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
        """Whether a request is being answered, or its answer not taken yet."""
        self._held = False
        """Whether the next request waits until the answers before it are taken."""
        self._stall: Stall | None = None
        """While the caller is behind with reading."""
        self._head: Head | None = None
        """Of the request before."""
        self._gone = False
        self._refusal: Refusal | None = None
        """Why what came last is no request, until the answers before it are given."""
        self._keeps = True
        self._since = 0.0
        """When the caller's turn began, or in it the part of a request that is coming."""
        self._in_body = False
        """Whether that part is its body."""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or turn away what is one too many."""
        self.transport = cast("asyncio.Transport", transport)
        self._state.connections.add(self)
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        if not self._callers.admit(self, self._since):
            self._keeps = False
            if len(self._state.connections) > HELD * self._callers.limits.connections:
                self.transport.abort()
            else:
                self._loop.call_later(TURNED_AWAY, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, asyncio's signature
        """The caller is gone: so is the reason for what is being done for it."""
        self._gone = True
        self._state.connections.discard(self)
        self._callers.forget(self)
        if self._task is not None:
            self._task.cancel()
            self._state.tasks.discard(self._task)  # one that has not begun never will

    def data_received(self, data: bytes) -> None:
        """Read on, and answer when a request is whole."""
        reading = self._reading
        begins = reading.between
        try:
            reading.feed(data)
        except UnreadableError as error:
            self.transport.pause_reading()
            self._refusal = error.refusal
            if not self._busy:
                self._go_on()
            return
        if not reading.between and (begins or reading.arrived or reading.head_done is not self._in_body):
            self._in_body = reading.head_done
            self._since = self._loop.time()
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
            self._callers.outbox.put(self, b"HTTP/1.1 100 Continue\r\n\r\n", self._loop)

    def _refuse_unread(self, refusal: Refusal) -> None:
        """Refuse what has no whole head, and end."""
        self._say(self._callers.edge.answering.unreadable(refusal), ((b"connection", b"close"),), "GET")
        self._end(parting=True)

    def _refuse_late(self) -> None:
        """The request did not come whole in time: say so, in its dialect where its head is known, and end."""
        self._keeps = False
        reading = self._reading
        if not reading.head_done:
            self._refuse_unread(Refusal(Reason.CALLER_LATE, f"the head took more than {HEAD_WITHIN:.0f} s"))
            return
        answering, arrived = self._callers.edge.answering, reading.without_body()
        request, head = arrived.request, head_of(arrived.request.headers, arrived.version)
        incoming = answering.incoming(request, head, too_large=arrived.too_large)
        response = answering.late(incoming, BODY_WITHIN).response
        self._say(response, answer_headers(incoming, closing=True), request.method)
        self._end()

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
            self._callers.know(self)
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
        self._say(exchange.response, answer_headers(incoming, closing=closing), incoming.request.method)
        if closing:
            self._end()
        return not closing

    def _say(self, response: Response, headers: Headers, method: str) -> None:
        callers = self._callers
        for piece in pieces_of(response, callers.lines_of(self._state.default_headers), headers, method):
            callers.outbox.put(self, piece, self._loop)

    def send(self, message: bytes) -> None:
        """Send an answer, or a part of one, unless the connection has ended."""
        if not self.transport.is_closing():
            self.transport.write(message)

    def _end(self, *, parting: bool = False) -> None:
        """Close behind what was said; ``parting``: it has all left, but over TLS its caller may not end it, too."""
        self._callers.outbox.flush()
        self.transport.close()
        if parting and not self.transport.get_write_buffer_size():
            self._loop.call_later(GOODBYE, self.transport.abort)

    def _go_on(self) -> None:
        """Begin with the request that waits, or read on; but not while answers wait to be taken."""
        self._held = self._stall is not None
        if self._held:
            return
        self._busy = False
        if self._reading.between or not self.transport.is_reading():  # else a part of the next came, and its time runs
            self._since = self._loop.time()
        if self._reading.arrived:
            self._begin(self._reading.arrived.popleft())
        elif self._refusal is not None:
            self._refuse_unread(self._refusal)
        elif not self._keeps:
            self._end()
        else:
            self.transport.resume_reading()
            if self._reading.continues and self._reading.head_done:
                self._answer_expectation()

    def pause_writing(self) -> None:
        """More waits to be sent than is good: the caller does not read, or not as fast."""
        self._stall = Stall(self._loop.time(), self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Most of it was taken."""
        self._stall = None
        if self._held:
            self._go_on()

    def look(self, now: float) -> None:
        """End the connection if it is idle, or slow to say what it wants, or slow to take what it got, for too long."""
        transport = self.transport
        if self._stall is not None:
            if self._stall.too_long(now, transport.get_write_buffer_size()):
                transport.abort()
        elif transport.is_closing():
            self._stall = Stall(now, transport.get_write_buffer_size())
        elif not self._busy:
            waited = now - self._since
            if self._reading.between:
                if waited > (HEAD_WITHIN if self._task is None else KEEP_ALIVE):
                    self._end(parting=True)
            elif waited > (BODY_WITHIN if self._in_body else HEAD_WITHIN):
                self._refuse_late()

    def waited(self, now: float) -> float:
        """Seconds that the caller has owed something; 0 while it is the gateway's turn."""
        return 0.0 if self._busy else now - self._since

    def shutdown(self) -> None:
        """The server stops: end now, or after the answer under way."""
        if self._busy:
            self._keeps = False
        else:
            self._end(parting=self._loop.time() - self._since > SETTLED)
