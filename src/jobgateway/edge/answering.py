"""How a request becomes an exchange, whatever goes wrong on the way."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from msgspec import Struct

from jobgateway.edge.current import Current
from jobgateway.edge.head import Head, head_of
from jobgateway.edge.hygiene import untidy
from jobgateway.edge.request_id import NAME, RequestIds
from jobgateway.gateway import Exchange, Gateway, problem
from jobgateway.observe.events import Events, traces
from jobgateway.observe.observer import Recorder, Served
from jobgateway.routing.admission import Sender
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Headers, Request, Response

NOBODY: Final = Exchange(Response(499, media=""))
"""The exchange with a caller who went away; its status is recorded and never sent."""
GONE: Final = "caller_gone"


class Incoming(Struct, frozen=True, gc=False):
    """A request as it came, and what is known of it."""

    request: Request
    sender: Sender
    id: bytes
    """The caller's own, or a new one."""
    began: float
    """When its head was complete, by ``perf_counter``."""
    refusal: Refusal | None = None
    """Why it goes no further than the edge."""


class Answering:
    """Asks the gateway in use, answers in the caller's dialect where that fails, and tells the recorders once."""

    def __init__(self, current: Current, recorders: tuple[Recorder, ...], events: Events) -> None:
        self._current = current
        self._recorders = recorders
        self._events = events
        self._ids = RequestIds()

    @property
    def largest_body(self) -> int:
        """Bytes of a body that are taken, by the configuration in use."""
        return self._current.snapshot.config.limits.request_body

    def incoming(self, request: Request, head: Head, *, too_large: bool = False) -> Incoming:
        """The request with an id, the caller's or a new one; ``too_large``: its body was, and has been dropped."""
        limits = self._current.snapshot.config.limits
        refusal = untidy(request, head.tidiness, limits.request_head)
        if too_large and refusal is None:
            refusal = Refusal(Reason.TOO_LARGE, f"limits.request_body is {limits.request_body} bytes")
        return Incoming(request, head.sender, head.id or self._ids.new(), perf_counter(), refusal)

    async def answer(self, incoming: Incoming) -> Exchange:
        """The answer to a request. Raises nothing but ``CancelledError``, of which nobody has been told yet."""
        with self._current.snapshot as gateway:
            if incoming.refusal is not None:
                exchange = self._refusal(gateway, incoming, incoming.refusal)
            else:
                try:
                    exchange = await gateway.answer(incoming.request, incoming.sender, (NAME, incoming.id))
                except Exception as error:  # noqa: BLE001, whatever it is, the caller gets an answer it can read
                    self._tell(incoming, error)
                    exchange = self._refusal(gateway, incoming, Refusal(Reason.INTERNAL))
        self.record(exchange, incoming)
        return exchange

    def refuse(self, incoming: Incoming, refusal: Refusal) -> Exchange:
        """A refusal in the dialect that the path belongs to."""
        with self._current.snapshot as gateway:
            exchange = self._refusal(gateway, incoming, refusal)
        self.record(exchange, incoming)
        return exchange

    def stopped(self, incoming: Incoming) -> Exchange:
        """The answer to a request that was cancelled, as the server does at the end of a drain."""
        reason = Reason.BACKEND_LATE if incoming.request.method == "GET" else Reason.OUTCOME_UNKNOWN
        return self.refuse(incoming, Refusal(reason, "the gateway stopped before the backend answered"))

    def late(self, incoming: Incoming, within: float) -> Exchange:
        """The answer to a request whose body did not come whole within so many seconds; nobody needs to ask for it."""
        late = Refusal(Reason.CALLER_LATE, f"the body took more than {within:.0f} s")
        return self.refuse(incoming, incoming.refusal or late)

    def unreadable(self, refusal: Refusal) -> Response:
        """What to say to bytes that are no request: there is no path, hence no dialect."""
        incoming = self.incoming(Request("", ""), head_of((), "1.1"))
        answer = problem(refusal)
        self.record(Exchange(answer, reason=refusal.reason), incoming)
        return Response(answer.status, answer.body, answer.media, ((NAME, incoming.id),))

    def record(self, exchange: Exchange, incoming: Incoming) -> None:
        """Tell the recorders how a request ended."""
        response = exchange.response
        served = Served(
            incoming.id.decode(),
            response.status,
            exchange.origin,
            exchange.caller,
            exchange.dialect,
            exchange.backend,
            exchange.operation,
            GONE if exchange is NOBODY else exchange.reason,
            exchange.calls,
            perf_counter() - incoming.began,
            len(response.body),
        )
        for recorder in self._recorders:
            recorder.served(served)

    def _refusal(self, gateway: Gateway, incoming: Incoming, refusal: Refusal) -> Exchange:
        """A refusal in the dialect that the path belongs to; where even that fails, in none."""
        try:
            return gateway.refuse(incoming.request, refusal)
        except Exception as error:  # noqa: BLE001, as above
            self._tell(incoming, error)
            return Exchange(problem(refusal), reason=refusal.reason)

    def _tell(self, incoming: Incoming, error: Exception) -> None:
        """An event with types and places; an error's text may quote a credential."""
        self._events.tell("internal_error", "error", request_id=incoming.id.decode(), errors=traces(error))


def answer_headers(incoming: Incoming, *, closing: bool) -> Headers:
    """What every answer says besides the dialect's own."""
    named = (NAME, incoming.id)
    return (named, (b"connection", b"close")) if closing else (named,)


def ends_connection(exchange: Exchange, incoming: Incoming) -> bool:
    """Whether the connection's next bytes need not be the next request's.

    What is left of a body that is too large is read and dropped, for closing now would lose the
    answer (RFC 9112 section 9.6); but a caller that waits for 100 (Continue) may never send it.
    """
    if exchange.reason is Reason.TOO_LARGE:
        return any(name == b"expect" for name, _ in incoming.request.headers)
    return exchange.reason is Reason.BAD_REQUEST
