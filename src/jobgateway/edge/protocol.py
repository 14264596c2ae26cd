"""Callers' connections: how many there may be, and what is said to bytes that are no request."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from jobgateway.translation.hub import Reason, Refusal

if TYPE_CHECKING:
    import asyncio

    from jobgateway.config.model import Limits
    from jobgateway.edge.app import Edge
    from jobgateway.translation.wire import Response

TURNED_AWAY: Final = 1.0
"""Seconds after which a connection beyond the limit is cut, answered or not."""
_HEAD_TOO_LARGE: Final = 431
"""RFC 6585 section 5."""


def callers_protocol(limits: Limits, edge: Edge) -> type[H11Protocol]:
    """Uvicorn's protocol on h11 with the limits kept, and with refusals that are recorded like others.

    Of more than ``limits.connections``, each gets one refusal and is closed.
    """
    admitted: set[H11Protocol] = set()

    class CallersProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(admitted) < limits.connections:
                admitted.add(self)
            else:
                self.app = edge.turn_away
                self.loop.call_later(TURNED_AWAY, transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            admitted.discard(self)

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002, uvicorn's own words
            response = edge.unreadable(_refusal_of(sys.exc_info()[1], limits))
            if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                self.transport.write(b"".join(filter(None, map(self.conn.send, _events(response)))))
            self.transport.close()

    return CallersProtocol


def _refusal_of(error: BaseException | None, limits: Limits) -> Refusal:
    """Why h11 read no request; it is called while that error is handled."""
    if getattr(error, "error_status_hint", None) == _HEAD_TOO_LARGE:
        return Refusal(Reason.BAD_REQUEST, f"limits.request_head is {limits.request_head} bytes")
    return Refusal(Reason.BAD_REQUEST)


def _events(response: Response) -> tuple[h11.Event, ...]:
    about = ((b"content-type", response.media.encode()), (b"content-length", b"%d" % len(response.body)))
    head = h11.Response(
        status_code=response.status, headers=[*response.headers, *about], reason=STATUS_PHRASES[response.status]
    )
    return head, h11.Data(data=response.body), h11.EndOfMessage()
