"""The gateway in this process, over a transport that has every answer already: what is left is its own work."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from uvicorn.server import ServerState

from bench.wording import CASES, FEW, KEY, SCOPE, Wanted, jobs, wanted
from jobgateway.backends.backend import Backend
from jobgateway.config.model import Backend as Settings
from jobgateway.config.model import Caller, Config, Route, Secret
from jobgateway.config.specs import shipped_dialects, shipped_specs
from jobgateway.edge.app import Edge
from jobgateway.edge.current import Current
from jobgateway.edge.protocol import callers_protocol
from jobgateway.gateway import Gateway
from jobgateway.mock.store import Store
from jobgateway.observe.events import Events
from jobgateway.observe.metrics import Metrics
from jobgateway.translation.hub import Call, Refusal
from jobgateway.translation.wire import Request, Response

Layer = Callable[[], Awaitable[object]]


class Stub:
    """A transport that answers from a store, and makes each answer once."""

    def __init__(self, dialect: str) -> None:
        self._dialect = shipped_dialects()[dialect]
        self._store = Store(jobs(FEW), clock=lambda: 0)
        self._made: dict[tuple[str, str], Response] = {}
        self.exchanges: list[tuple[Call, Response]] = []
        """What was asked, each thing once, and what was answered."""

    async def send(self, request: Request) -> Response:
        """The answer. Raises ``TypeError`` where the request is not a call."""
        place = (request.path, request.query)
        made = self._made.get(place)
        if made is None:
            made = self._made[place] = self._make(request)
        return made

    async def aclose(self) -> None:
        """Nothing is open."""

    def _make(self, request: Request) -> Response:
        call = self._dialect.read_call(request)
        if isinstance(call, Refusal):
            raise TypeError(f"no call: {request}")
        response = self._dialect.write_reply(call, self._store.answer(call), self._dialect.spec.profiles[0])
        self.exchanges.append((call, response))
        return response


class Wire(asyncio.Transport):
    """A connection's other end, in this process: it wakes whoever waits for an answer."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: asyncio.Future[bytes] | None = None

    def answer(self) -> asyncio.Future[bytes]:
        """What is written next."""
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    def write(self, data: Any) -> None:
        """Give the answer, which comes as a whole."""
        if self._answer is not None:
            self._answer.set_result(data)

    def is_closing(self) -> bool:
        """It stays open."""
        return False

    def pause_reading(self) -> None:
        """Nothing is read from anywhere."""

    def resume_reading(self) -> None:
        """Nothing is read from anywhere."""


class Inside:
    """A caller's connection to a gateway over a stub, and one kind of request. Belongs to a running event loop."""

    def __init__(self, caller: str, backend: str, case: str) -> None:
        metrics, config = Metrics("0"), _config(caller, backend)
        self._caller, self._backend = shipped_dialects()[caller], shipped_dialects()[backend]
        self._stub = Stub(backend)
        made = Backend(backend, self._backend, self._stub, 10.0, self._backend.write_secret(KEY))
        self._gateway = Gateway(config, {backend: made}, metrics)
        served = Edge(Current(config, self._gateway), (metrics,), Events())
        self._connection = callers_protocol(config.limits, served)(None, ServerState(), {})
        self._wire = Wire()
        self._connection.connection_made(self._wire)
        asked = wanted(caller, CASES[case])
        self._head = asked.head(8080)
        self._request = _request(asked)

    async def layers(self) -> dict[str, Layer]:
        """What can be timed, outermost first. Raises ``ValueError`` where the answer is not a good one."""
        answer = await self.edge()
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise ValueError(f"answered with {answer[:500]!r}")
        return {"edge": self.edge, "gateway": self.gateway, "hub": self.hub}

    async def edge(self) -> bytes:
        """From a request's bytes to the answer's."""
        answer = self._wire.answer()
        self._connection.data_received(self._head)
        return await answer

    async def gateway(self) -> None:
        """From a request to an exchange."""
        await self._gateway.answer(self._request)

    async def hub(self) -> None:
        """What two dialects that are not fused do: read the call, write and read each backend call, write the last."""
        call = self._caller.read_call(self._request)
        if isinstance(call, Refusal):
            raise TypeError(f"no call: {call}")
        for asked, response in self._stub.exchanges:
            self._backend.write_call(asked)
            reply = self._backend.read_reply(asked, response, keep_source=self._backend is self._caller)
        self._caller.write_reply(call, reply, self._caller.spec.profiles[0])


def _config(caller: str, backend: str) -> Config:
    specs = shipped_specs()
    settings = Settings(name=backend, dialect=backend, url="http://127.0.0.1", scope=SCOPE, credential=Secret(KEY))
    if specs[backend].scope.field is not None:
        settings = msgspec.structs.replace(settings, scope=None)
    known = Caller("bench", (hashlib.sha256(KEY.encode()).digest(),))
    route = Route(caller, backend, specs[caller].profiles[0])
    return Config(backends={backend: settings}, routes=(route,), specs=specs, callers={"bench": known})


def _request(asked: Wanted) -> Request:
    path, _, query = asked.target.partition("?")
    name, value = asked.header
    return Request("GET", path, query, ((b"host", b"127.0.0.1:8080"), (name.lower().encode(), value.encode())))
