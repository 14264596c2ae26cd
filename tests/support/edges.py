"""An edge in this process over real gateways, and how a test asks it: whole ASGI scopes, any bytes."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass, field

from jobgateway.backends.demo import demo_transport
from jobgateway.building import build_backend
from jobgateway.config.model import Backend, Config, Limits, Route
from jobgateway.edge.app import Edge
from jobgateway.edge.current import Current
from jobgateway.gateway import Gateway
from jobgateway.mock.app import mock_app
from jobgateway.mock.population import documented
from jobgateway.mock.store import Store
from jobgateway.observe.events import Events
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.wire import Response
from support.specs import all_specs

PROJECT = "3sWXSsqHgSKnE87YkNJK"
V2_LIST = f"/public/{PROJECT}/jobs"
V1_LIST = f"/api/v1/{PROJECT}/jobs"
EXPLORER_LIST = "/api-open/v1/jobs"
HOST = (b"host", b"gateway.example:8080")
BEARER = (b"authorization", b"Bearer Sesame42")
KEY = (b"authorization", b"Sesame42")
COOKIE = (b"cookie", b"explorer_token=Sesame42")
GOOD_HEADERS = (HOST, BEARER)
ASKED = {
    "openreplay-v2": (V2_LIST, BEARER),
    "openreplay-v1": (V1_LIST, KEY),
    "explorer": (EXPLORER_LIST, COOKIE),
}
"""A list and a credential, in each dialect's words."""


USUAL_LIMITS = Limits()


def config_of(*, limits: Limits = USUAL_LIMITS, backend: str = "explorer", **more) -> Config:
    """All shipped dialects over one embedded backend."""
    return Config(
        backends={"store": Backend(name="store", dialect=backend, url="demo://", scope=None)},
        routes=tuple(Route(dialect=name, backend="store", profile="documented") for name in ASKED),
        specs=all_specs(),
        limits=limits,
        path="gateway.yaml",
        **more,
    )


class Gate:
    """Lets a backend answer when the test says so."""

    def __init__(self):
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.left_early = asyncio.Event()

    async def pass_through(self):
        self.reached.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.left_early.set()
            raise


def gateway_over(config: Config, *, gate: Gate | None = None, seen=None, observer=None) -> Gateway:
    """A gateway whose backend tells what it sees, and waits at a gate."""
    (settings,) = config.backends.values()
    dialect = compile_dialect(config.specs[settings.dialect])
    inner = mock_app(dialect, Store(documented(dialect), lambda: 1), profile="documented", seen=seen)

    async def app(scope, receive, send):
        if gate is not None:
            await gate.pass_through()
        await inner(scope, receive, send)

    backend = build_backend(config, settings, dialect)
    fields = {name: getattr(backend, name) for name in backend.__struct_fields__} | {"transport": demo_transport(app)}
    return Gateway(config, {settings.name: type(backend)(**fields)}, observer)


@dataclass
class Answer:
    """What an ASGI application sent."""

    status: int | None = None
    headers: list = field(default_factory=list)
    body: bytes = b""
    messages: list = field(default_factory=list)

    def value(self, name: bytes) -> bytes | None:
        return Response(self.status, headers=tuple(self.headers)).value(name)

    def json(self):
        return json.loads(self.body)


class Caller:
    """A caller's side of one exchange: it can go away."""

    def __init__(self, *chunks: bytes):
        self._chunks = list(chunks) or [b""]
        self.gone = asyncio.Event()

    async def receive(self):
        if self._chunks:
            chunk = self._chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(self._chunks)}
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def ask(app, target=V2_LIST, headers=GOOD_HEADERS, *, caller=None, method="GET", version="1.1", **more) -> Answer:
    """Put one request to an ASGI application, exactly these headers."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "http_version": version,
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode(),
        "headers": list(headers),
        **more,
    }
    answer = Answer()

    async def send(message):
        answer.messages.append(message)
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            answer.body += message["body"]

    await app(scope, (caller or Caller()).receive, send)
    return answer


async def ended(task: asyncio.Task):
    """The result of a task that ends by itself (``wait_for`` would cancel it, and take what comes of that)."""
    done, _ = await asyncio.wait({task}, timeout=10)
    assert done
    return task.result()


class Kept:
    """A recorder that keeps what it is told."""

    def __init__(self):
        self.requests = []
        self.calls = []

    def served(self, served):
        self.requests.append(served)

    def backend_call(self, backend, operation, outcome, seconds):
        self.calls.append((backend, operation, outcome, seconds))


class EdgeUnderTest:
    """An edge with everything that it tells at hand."""

    def __init__(self, config: Config | None = None, gateway=None, **backend):
        self.config = config or config_of()
        self.kept = Kept()
        self._stream = io.BytesIO()
        self.events_told = Events(self._stream)
        self.seen = []
        gateway = gateway or gateway_over(self.config, seen=self.seen.append, observer=self.kept, **backend)
        self.current = Current(self.config, gateway)
        self.app = Edge(self.current, (self.kept,), self.events_told)

    @property
    def raw_events(self) -> str:
        return self._stream.getvalue().decode()

    @property
    def events(self) -> list:
        return [json.loads(line) for line in self.raw_events.splitlines()]

    async def ask(self, *args, **more) -> Answer:
        return await ask(self.app, *args, **more)
