"""The edge as an ASGI application: for servers and frameworks other than the gateway's own.

Every request leaves with an answer in its caller's dialect and with its id.
"""

from __future__ import annotations

from asyncio import CancelledError

from jobgateway.asgi import Receive, Scope, Send, read_body, request_of, send_response
from jobgateway.edge.answering import NOBODY, Answering, Incoming, answer_headers, ends_connection
from jobgateway.edge.current import Current
from jobgateway.edge.departures import Departures
from jobgateway.edge.head import Head, head_of
from jobgateway.gateway import Exchange
from jobgateway.observe.events import Events
from jobgateway.observe.observer import Recorder
from jobgateway.translation.hub import Reason, Refusal


class Edge:
    """Answers callers with the gateway in use."""

    def __init__(self, current: Current, recorders: tuple[Recorder, ...], events: Events) -> None:
        self.answering = Answering(current, recorders, events)
        self._current = current
        self._departures = Departures()
        self.draining = False
        """Whether every answer ends its connection, because the server is about to stop."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _refuse_protocol(scope, send)
            return
        try:
            body = await read_body(scope, receive, self.answering.largest_body)
        except ConnectionResetError:
            incoming = self.answering.incoming(request_of(scope, b""), _head(scope))
            self.answering.record(NOBODY, incoming)
            return
        request = request_of(scope, body or b"")
        incoming = self.answering.incoming(request, _head(scope), too_large=body is None)
        exchange = await self._answer(incoming, receive)
        if exchange is not NOBODY:
            closing = self.draining or ends_connection(exchange, incoming)
            await send_response(send, exchange.response, answer_headers(incoming, closing=closing))

    async def _answer(self, incoming: Incoming, receive: Receive) -> Exchange:
        try:
            with self._departures.wait(receive):
                return await self.answering.answer(incoming)
        except CancelledError:
            return self.answering.stopped(incoming)
        self.answering.record(NOBODY, incoming)
        return NOBODY

    def turn_away(self, incoming: Incoming) -> Exchange:
        """Refuse a request whose connection is one too many."""
        limit = self._current.snapshot.config.limits.connections
        detail = f"limits.connections is {limit}"
        return self.answering.refuse(incoming, Refusal(Reason.OVERLOADED, detail, retry_after=1))


def _head(scope: Scope) -> Head:
    return head_of(tuple(scope["headers"]), scope["http_version"])


async def _refuse_protocol(scope: Scope, send: Send) -> None:
    """Close a WebSocket before its handshake; raise ``ValueError`` where it is no connection of a caller's."""
    if scope["type"] != "websocket":
        raise ValueError(f"not a protocol that is served here: {scope['type']}")
    await send({"type": "websocket.close", "code": 1000})
