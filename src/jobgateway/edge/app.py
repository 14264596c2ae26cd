"""The edge: the ASGI application on the callers' port.

Every request leaves with an answer in its caller's dialect and with its id, and is told to the
recorders once.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from jobgateway.asgi import send_response
from jobgateway.edge.answering import NOBODY, Answering
from jobgateway.edge.hygiene import untidy
from jobgateway.edge.request_id import NAME, RequestIds
from jobgateway.gateway import Exchange, problem
from jobgateway.observe.observer import Served
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Response

if TYPE_CHECKING:
    from jobgateway.asgi import Receive, Scope, Send
    from jobgateway.edge.current import Current
    from jobgateway.observe.events import Events
    from jobgateway.observe.observer import Recorder

_CLOSE: Final = (b"connection", b"close")


class Edge:
    """Answers callers with the gateway in use."""

    def __init__(self, current: Current, recorders: tuple[Recorder, ...], events: Events) -> None:
        self._current = current
        self._recorders = recorders
        self._answering = Answering(events)
        self._ids = RequestIds()
        self.draining = False
        """Whether every answer ends its connection, because the server is about to stop."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _refuse_protocol(scope, send)
            return
        began = perf_counter()
        headers, request_id = self._ids.identify(scope["headers"])
        with self._current.snapshot as gateway:
            refusal = untidy(scope, gateway.config.limits.request_head)
            scope = {**scope, "headers": headers}
            if refusal is None:
                exchange = await self._answering.answer(gateway, scope, receive)
            else:
                exchange = self._answering.refuse(gateway, scope, refusal)
        self._record(exchange, request_id, began)
        if exchange is not NOBODY:
            closing = self.draining or _ends_connection(exchange, scope)
            await _send(send, exchange, request_id, closing=closing)

    async def turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002, an ASGI application
        """Refuse a request whose connection is one too many, and end the connection."""
        began = perf_counter()
        _, request_id = self._ids.identify(scope["headers"])
        with self._current.snapshot as gateway:
            detail = f"limits.connections is {gateway.config.limits.connections}"
            exchange = self._answering.refuse(gateway, scope, Refusal(Reason.OVERLOADED, detail, retry_after=1))
        self._record(exchange, request_id, began)
        await _send(send, exchange, request_id, closing=True)

    def unreadable(self, refusal: Refusal) -> Response:
        """What to say to bytes that are no request: there is no path, hence no dialect."""
        _, request_id = self._ids.identify(())
        answer = problem(refusal)
        self._record(Exchange(answer, reason=refusal.reason), request_id, perf_counter())
        return Response(answer.status, answer.body, answer.media, ((NAME, request_id), _CLOSE))

    def _record(self, exchange: Exchange, request_id: bytes, began: float) -> None:
        response = exchange.response
        served = Served(
            request_id.decode(),
            response.status,
            exchange.origin,
            exchange.caller,
            exchange.dialect,
            exchange.backend,
            exchange.operation,
            "caller_gone" if exchange is NOBODY else exchange.reason,
            exchange.calls,
            perf_counter() - began,
            len(response.body),
        )
        for recorder in self._recorders:
            recorder.served(served)


def _ends_connection(exchange: Exchange, scope: Scope) -> bool:
    """Whether the connection's next bytes need not be the next request's.

    What is left of a body that is too large is read and dropped, for closing now would lose the
    answer (RFC 9112 section 9.6); but a caller that waits for 100 (Continue) may never send it.
    """
    if exchange.reason is Reason.TOO_LARGE:
        return any(name == b"expect" for name, _ in scope["headers"])
    return exchange.reason is Reason.BAD_REQUEST


async def _send(send: Send, exchange: Exchange, request_id: bytes, *, closing: bool) -> None:
    named = (NAME, request_id)
    await send_response(send, exchange.response, (named, _CLOSE) if closing else (named,))


async def _refuse_protocol(scope: Scope, send: Send) -> None:
    """Close a WebSocket before its handshake; raise ``ValueError`` where it is no connection of a caller's."""
    if scope["type"] != "websocket":
        raise ValueError(f"not a protocol that is served here: {scope['type']}")
    await send({"type": "websocket.close", "code": 1000})
