"""The gateway in this process, over a transport that has every answer already: what is left is its own work."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import msgspec

from bench.wording import CASES, FEW, KEY, SCOPE, jobs, wanted
from jobgateway.backends.backend import Backend
from jobgateway.config.model import Backend as Settings
from jobgateway.config.model import Caller, Config, Route, Secret
from jobgateway.config.specs import shipped_dialects, shipped_specs
from jobgateway.edge.app import Edge
from jobgateway.edge.current import Current
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


class Inside:
    """An edge over a stub, and one kind of request."""

    def __init__(self, caller: str, backend: str, case: str) -> None:
        metrics, config = Metrics("0"), _config(caller, backend)
        self._caller, self._backend = shipped_dialects()[caller], shipped_dialects()[backend]
        self._stub = Stub(backend)
        made = Backend(backend, self._backend, self._stub, 10.0, self._backend.write_secret(KEY))
        self._gateway = Gateway(config, {backend: made}, metrics)
        self._edge = Edge(Current(config, self._gateway), (metrics,), Events())
        self._request = _request(caller, case)
        self._scope = _scope(self._request)
        self._never = asyncio.Event()
        self._sent: list[Any] = []

    async def layers(self) -> dict[str, Layer]:
        """What can be timed, outermost first. Raises ``ValueError`` where the answer is not a good one."""
        await self.edge()
        if self._sent[0]["status"] != HTTPStatus.OK:
            raise ValueError(f"answered with {self._sent}")
        return {"edge": self.edge, "gateway": self.gateway, "translation": self.translation}

    async def edge(self) -> None:
        """From an ASGI scope to ASGI messages."""
        self._sent.clear()
        await self._edge(self._scope, self._receive, self._send)

    async def gateway(self) -> None:
        """From a request to an exchange."""
        await self._gateway.answer(self._request)

    async def translation(self) -> None:
        """What the two dialects do: read the call, write and read what the backend is asked, write the last reply."""
        call = self._caller.read_call(self._request)
        if isinstance(call, Refusal):
            raise TypeError(f"no call: {call}")
        for asked, response in self._stub.exchanges:
            self._backend.write_call(asked)
            reply = self._backend.read_reply(asked, response, keep_source=self._backend is self._caller)
        self._caller.write_reply(call, reply, self._caller.spec.profiles[0])

    async def _receive(self) -> dict[str, Any]:
        await self._never.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self._sent.append(message)


def _config(caller: str, backend: str) -> Config:
    specs = shipped_specs()
    settings = Settings(name=backend, dialect=backend, url="http://127.0.0.1", scope=SCOPE, credential=Secret(KEY))
    if specs[backend].scope.field is not None:
        settings = msgspec.structs.replace(settings, scope=None)
    known = Caller("bench", (hashlib.sha256(KEY.encode()).digest(),))
    route = Route(caller, backend, specs[caller].profiles[0])
    return Config(backends={backend: settings}, routes=(route,), specs=specs, callers={"bench": known})


def _request(caller: str, case: str) -> Request:
    asked = wanted(caller, CASES[case])
    path, _, query = asked.target.partition("?")
    name, value = asked.header
    return Request("GET", path, query, ((b"host", b"127.0.0.1:8080"), (name.lower().encode(), value.encode())))


def _scope(request: Request) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "headers": list(request.headers),
    }
