"""The edge: the ASGI application on the callers' port.

Every request leaves with an answer in its caller's dialect and with its id, whatever happens
in between, and is told to the recorders once.
"""

from __future__ import annotations

from asyncio import CancelledError
from time import perf_counter
from typing import TYPE_CHECKING, Final

from jobgateway.asgi import read_body, request_of, send_response
from jobgateway.edge.departures import Departures
from jobgateway.edge.hygiene import untidy
from jobgateway.edge.request_id import NAME, RequestIds
from jobgateway.gateway import Exchange, problem
from jobgateway.observe.events import traces
from jobgateway.observe.observer import Served
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Response

if TYPE_CHECKING:
    from jobgateway.asgi import Receive, Scope, Send
    from jobgateway.edge.current import Current
    from jobgateway.gateway import Gateway
    from jobgateway.observe.events import Events
    from jobgateway.observe.observer import Recorder

GONE: Final = 499
"""The status recorded for a caller who went away; no answer bears it."""
_NOBODY: Final = Exchange(Response(GONE, media=""))
_CLOSE: Final = (b"connection", b"close")
_ENDS_CONNECTION: Final = frozenset({Reason.BAD_REQUEST, Reason.TOO_LARGE})
"""After these, the connection's next bytes need not be the next request's."""


class Edge:
    """Answers callers with the gateway in use."""

    def __init__(self, current: Current, recorders: tuple[Recorder, ...], events: Events) -> None:
        self._current = current
        self._recorders = recorders
        self._events = events
        self._ids = RequestIds()
        self._departures = Departures()
        self.draining = False
        """Whether every answer ends its connection, because the server is about to stop."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._serve(scope, receive, send)

    async def turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request whose connection is one too many, and end the connection."""
        most = self._current.snapshot.config.limits.connections
        await self._serve(scope, receive, send, Refusal(Reason.OVERLOADED, f"limits.connections: {most}", retry_after=1))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, refusal: Refusal | None = None) -> None:
        if scope["type"] != "http":
            await _refuse_protocol(scope, send)
            return
        began = perf_counter()
        headers, request_id = self._ids.identify(scope["headers"])
        scope = {**scope, "headers": headers}
        with self._current.snapshot as gateway:
            exchange = await self._exchange(gateway, scope, receive, refusal or untidy(scope))
        seconds = perf_counter() - began
        if exchange is not _NOBODY:
            closing = refusal is not None or self.draining or exchange.reason in _ENDS_CONNECTION
            extra = ((NAME, request_id), _CLOSE) if closing else ((NAME, request_id),)
            await send_response(send, exchange.response, extra)
        served = _served(exchange, request_id.decode(), seconds)
        for recorder in self._recorders:
            recorder.served(served)

    async def _exchange(self, gateway: Gateway, scope: Scope, receive: Receive, refusal: Refusal | None) -> Exchange:
        """The answer to a request that may have been refused already; ``_NOBODY`` where its caller went away."""
        try:
            return await _answer(gateway, scope, receive, self._departures) if refusal is None else gateway.refuse(request_of(scope, b""), refusal)
        except CancelledError:
            if not self.draining:
                raise
            return self._refuse(gateway, scope, Refusal(Reason.OUTCOME_UNKNOWN, "the gateway stopped before the answer"))
        except Exception as error:
            self._tell(scope, error)
            return self._refuse(gateway, scope, Refusal(Reason.INTERNAL))
