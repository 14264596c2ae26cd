"""What callers reach in one process: a gateway in use, on a port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
import msgspec
from msgspec import Struct

from jobgateway.building import build_gateway
from jobgateway.edge.app import Edge
from jobgateway.edge.current import Current
from jobgateway.edge.listener import Listener
from jobgateway.edge.memory import keep_freed
from jobgateway.edge.protocol import callers_protocol
from jobgateway.observe.access import AccessLog
from jobgateway.observe.events import Events

if TYPE_CHECKING:
    import asyncio
    import socket

    from jobgateway.config.model import Config
    from jobgateway.edge.accepting import Acceptor
    from jobgateway.edge.certificate import Certificate
    from jobgateway.observe.metrics import Metrics

CLOSING: Final = 2.0
"""Seconds that backends' connections may take to close."""


class Terms(Struct, frozen=True):
    """How a process serves, whatever it serves."""

    events: Events
    access_log: bool
    grace: int
    """Seconds that requests under way have to end in a drain."""
    certificate: Certificate | None = None
    """What callers are shown, who then speak TLS."""


class Service:
    """A gateway from its opening to its drain; whoever runs it says when."""

    def __init__(
        self,
        config: Config,
        bound: socket.socket,
        metrics: Metrics,
        terms: Terms,
        acceptor: Acceptor | None = None,
    ) -> None:
        """``acceptor``: where other processes accept from the same socket."""
        keep_freed()
        self._events, self._grace = terms.events, terms.grace
        self.current = current = Current(config, build_gateway(config, metrics))
        metrics.inflight_from(lambda: current.inflight)
        recorders = (metrics, AccessLog(terms.events)) if terms.access_log else (metrics,)
        self._edge = edge = Edge(current, recorders, terms.events)
        limits = msgspec.structs.replace(config.limits, connections=config.connections_each)
        self.listener = Listener(
            None,
            bound,
            largest_head=limits.request_head,
            grace=terms.grace,
            protocol=callers_protocol(limits, edge),
            acceptor=acceptor,
        )

    async def drain(self, running: asyncio.Task[None]) -> int:
        """Accept no more, and let what is under way end; gives how many requests were left unanswered.

        ``running`` runs the listener.
        """
        self._edge.draining = True
        self._events.tell("drain", inflight=self.current.inflight, grace_s=self._grace)
        self.listener.close()
        await running
        with anyio.move_on_after(CLOSING):
            await self.current.aclose()
        self._events.tell("stopped", unanswered=self.current.inflight)
        return self.current.inflight
