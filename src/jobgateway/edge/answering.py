"""How a request becomes an exchange, whatever goes wrong on the way."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING, Final

from jobgateway.asgi import read_body, request_of
from jobgateway.edge.departures import Departures
from jobgateway.edge.request_id import request_id_of
from jobgateway.gateway import Exchange, problem
from jobgateway.observe.events import traces
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Response

if TYPE_CHECKING:
    from jobgateway.asgi import Receive, Scope
    from jobgateway.gateway import Gateway
    from jobgateway.observe.events import Events

NOBODY: Final = Exchange(Response(499, media=""))
"""The exchange with a caller who went away; its status is recorded and never sent."""


class Answering:
    """Asks a gateway, and answers in the caller's dialect where that fails."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._departures = Departures()

    async def answer(self, gateway: Gateway, scope: Scope, receive: Receive) -> Exchange:
        """The gateway's answer. Being cancelled, which a server does at the end of a drain, is answered too."""
        try:
            return await self._ask(gateway, scope, receive)
        except CancelledError:
            reason = Reason.BACKEND_LATE if scope["method"] == "GET" else Reason.OUTCOME_UNKNOWN
            return self.refuse(gateway, scope, Refusal(reason, "the gateway stopped before the backend answered"))
        except Exception as error:  # noqa: BLE001, whatever it is, the caller gets an answer it can read
            self._tell(scope, error)
            return self.refuse(gateway, scope, Refusal(Reason.INTERNAL))

    def refuse(self, gateway: Gateway, scope: Scope, refusal: Refusal) -> Exchange:
        """A refusal in the dialect that the path belongs to; where even that fails, in none."""
        try:
            return gateway.refuse(request_of(scope, b""), refusal)
        except Exception as error:  # noqa: BLE001, as above
            self._tell(scope, error)
            return Exchange(problem(refusal), reason=refusal.reason)

    async def _ask(self, gateway: Gateway, scope: Scope, receive: Receive) -> Exchange:
        largest = gateway.config.limits.request_body
        try:
            body = await read_body(scope, receive, largest)
        except ConnectionResetError:
            return NOBODY
        if body is None:
            return self.refuse(gateway, scope, Refusal(Reason.TOO_LARGE, f"limits.request_body is {largest} bytes"))
        with self._departures.wait(receive):
            return await gateway.answer(request_of(scope, body))
        return NOBODY

    def _tell(self, scope: Scope, error: Exception) -> None:
        """An event with types and places; an error's text may quote a credential."""
        self._events.tell("internal_error", "error", request_id=request_id_of(scope), errors=traces(error))
