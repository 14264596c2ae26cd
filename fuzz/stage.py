"""A gateway that callers' bytes are put to, and that everything it says is heard of."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

from msgspec import Struct
from uvicorn.server import ServerState

from fuzz.dialects import SHIPPED, dialects
from fuzz.loop import run
from fuzz.stub import SCOPE, Stub
from fuzz.wire import talk
from jobgateway.backends.backend import Backend
from jobgateway.config.model import Backend as Settings
from jobgateway.config.model import Config, Limits, Route
from jobgateway.edge.app import Edge
from jobgateway.edge.current import Current
from jobgateway.edge.protocol import callers_protocol
from jobgateway.gateway import Gateway
from jobgateway.observe.events import Events
from jobgateway.observe.observer import Served

LIMITS: Final = Limits(request_head=1024, request_body=256)
"""Low, so that small inputs reach them."""


class _Recorder(Struct):
    """Keeps how requests ended."""

    kept: list[Served]

    def served(self, served: Served) -> None:
        """A request has come to its end."""
        self.kept.append(served)


class Stage:
    """The gateway: routes for callers of all dialects, over one backend in good health."""

    def __init__(self, backend: str) -> None:
        self._stub, self._events, self._recorder = Stub(backend), io.BytesIO(), _Recorder([])
        spoken = dialects()[backend]
        scope = None if spoken.spec.scope.field else SCOPE
        specs = {name: each.spec for name, each in dialects().items()}
        config = Config(
            backends={"only": Settings(name="only", dialect=backend, url="http://127.0.0.1", scope=scope)},
            routes=tuple(Route(name, "only", specs[name].profiles[0]) for name in SHIPPED),
            specs=specs,
            limits=LIMITS,
        )
        gateway = Gateway(config, {"only": Backend("only", spoken, self._stub, 10.0, None)})
        edge = Edge(Current(config, gateway), (self._recorder,), Events(self._events))
        self._protocol = callers_protocol(LIMITS, edge)

    def hear(self, pieces: list[bytes]) -> tuple[bytes, list[Served]]:
        """All that is said to a caller's pieces, and how its requests ended."""
        self._stub.renew()
        self._recorder.kept.clear()
        state = ServerState()
        wire = run(talk(self._protocol(None, state, {}), state.tasks, pieces))
        assert not self._stub.wrongs, f"the backend was asked {self._stub.wrongs}"
        assert not self._events.tell(), self._told()
        assert not state.connections, "a connection that ended is still counted"
        return bytes(wire.said), list(self._recorder.kept)

    def _told(self) -> str:
        """The events so far, which are forgotten."""
        text = self._events.getvalue().decode()
        self._events.seek(0)
        self._events.truncate()
        return text


@cache
def stage_over(backend: str) -> Stage:
    """The stage over a backend that speaks this dialect."""
    return Stage(backend)
