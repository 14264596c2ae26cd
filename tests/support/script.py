"""Plays a hand-written exchange through a real gateway; the backend follows the script and notes every deviation."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from typing import Any

import anyio
import msgspec

from jobgateway import __version__, gateway
from jobgateway.asgi import Receive, Scope, Send, request_of
from jobgateway.backends.demo import demo_transport
from jobgateway.building import build_backend
from jobgateway.config.model import Backend, Caller, Config, FillFrom, Limits, Route, Secret
from jobgateway.gateway import Gateway
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.wire import Request, Response
from support.exchanges import Exchange, Headers, Message, Setting, Turn, content
from support.specs import all_specs

BACKEND = "backend"
ALWAYS_SAID: Headers = (
    ("host", "demo.invalid"),
    ("accept", "application/json, */*;q=0.1"),
    ("user-agent", f"jobgateway/{__version__}"),
    ("accept-encoding", "identity"),
    ("connection", "close"),
)
"""What the transport says with every request; the files show all the other headers."""
LENGTH_SAID = ("POST", "PUT", "PATCH")
PATIENCE = 5.0
"""Seconds until calls that never come side by side are given up."""


class Script:
    """A backend that answers what is written, and only that, in the order that is written."""

    def __init__(self, turns: tuple[Turn, ...]) -> None:
        self.deviations: list[str] = []
        self._left = list(turns)
        self._arrived = {turn.batch: anyio.Event() for turn in turns}
        self._batch = -1
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        request = request_of(scope, (await receive()).get("body", b""))
        turn = self._take(_written(request))
        if turn is None:
            raise RuntimeError("the script has no such turn")
        self._running += 1
        await self._meet(turn)
        self._running -= 1
        if turn.answer is None:
            raise ConnectionResetError("as the script says")
        await _send(send, turn.answer)

    def finish(self) -> list[str]:
        """All deviations, what was never asked included."""
        return [*self.deviations, *(f"never asked: {turn.asked.start}" for turn in self._left)]

    def _take(self, asked: Message) -> Turn | None:
        due = [turn for turn in self._left if turn.batch == self._left[0].batch]
        for turn in due:
            if _comparable(turn.asked) == _comparable(asked):
                if turn.batch != self._batch and self._running:
                    self.deviations.append(f"asked before the answer to what came first: {asked.start}")
                self._batch = turn.batch
                self._left.remove(turn)
                return turn
        expected = _lines(due[0].asked) if due else ["nothing more"]
        self.deviations.append("\n".join(difflib.ndiff(expected, _lines(asked))))
        return None

    async def _meet(self, turn: Turn) -> None:
        """Wait until all calls of the batch are there, and a little longer for what should not be."""
        if not any(each.batch == turn.batch for each in self._left):
            self._arrived[turn.batch].set()
        with anyio.move_on_after(PATIENCE) as waiting:
            await self._arrived[turn.batch].wait()
        if waiting.cancelled_caught:
            self.deviations.append(f"not asked side by side with the others: {turn.asked.start}")
        for _ in range(3):
            await anyio.lowlevel.checkpoint()


async def play(exchange: Exchange) -> tuple[gateway.Exchange, list[str]]:
    """What the gateway made of the caller's request, and how that deviates from what is written."""
    script = Script(exchange.turns)
    door = _gateway(exchange.setting, script)
    try:
        result = await door.answer(_request(exchange.request))
    finally:
        await door.aclose()
    return result, [*script.finish(), *_difference(exchange.answer, result.response)]


def _gateway(setting: Setting, script: Script) -> Gateway:
    specs = all_specs()
    backend = Backend(
        name=BACKEND,
        dialect=setting.backend,
        url="demo://",
        scope=setting.scope,
        credential=None if setting.credential is None else Secret(setting.credential),
        fill={
            name: FillFrom(value["from"]) if isinstance(value, dict) else value for name, value in setting.fill.items()
        },
    )
    config = Config(
        backends={BACKEND: backend},
        routes=(_route(setting),),
        specs=specs,
        callers=None if setting.callers is None else dict(_callers(setting, setting.callers)),
        limits=Limits(**setting.limits),
    )
    ready = build_backend(config, backend, compile_dialect(specs[setting.backend]))
    return Gateway(config, {BACKEND: msgspec.structs.replace(ready, transport=demo_transport(script))})


def _route(setting: Setting) -> Route:
    scopes = setting.scopes
    return Route(
        dialect=setting.caller,
        backend=BACKEND,
        profile=setting.profile,
        host=setting.host,
        prefix=tuple(filter(None, setting.prefix.split("/"))),
        callers=setting.only,
        scopes=None if scopes is None else {name: None if to == "*" else to for name, to in scopes.items()},
        open=setting.open,
    )


def _callers(setting: Setting, keys: dict[str, str]) -> Iterator[tuple[str, Caller]]:
    for name, key in keys.items():
        own = {BACKEND: Secret(setting.own[name])} if name in setting.own else {}
        yield name, Caller(name, (hashlib.sha256(key.encode()).digest(),), credentials=own)


def _request(message: Message) -> Request:
    method, target, _version = message.start.split(" ")
    path, _, query = target.partition("?")
    headers = tuple((name.encode(), value.encode()) for name, value in message.headers)
    return Request(method, path, query, headers, message.body.encode())


def _written(request: Request) -> Message:
    target = f"{request.path}?{request.query}" if request.query else request.path
    headers = tuple((name.decode(), value.decode("latin-1")) for name, value in request.headers)
    return Message(f"{request.method} {target} HTTP/1.1", _shown(request.method, headers), request.body.decode())


def _shown(method: str, headers: Headers) -> Headers:
    """All headers but the transport's own; one that is missing or changed is shown as such."""
    own = [*ALWAYS_SAID, ("content-length", "0")] if method in LENGTH_SAID else list(ALWAYS_SAID)
    rest = [header for header in headers if header not in own]
    return (*rest, *((name, f"missing, should be {value}") for name, value in own if headers.count((name, value)) != 1))


def _comparable(message: Message) -> tuple[str, list[tuple[str, str]], str]:
    return message.start, sorted(message.headers), message.body


def _lines(message: Message) -> list[str]:
    return [message.start, *(f"{name}: {value}" for name, value in sorted(message.headers)), *message.body.splitlines()]


async def _send(send: Send, answer: Message) -> None:
    status = int(answer.start.split(" ")[1])
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body.encode()})


def _difference(written: Message, response: Response) -> list[str]:
    """How the caller's answer deviates: all of it is compared, the reason phrase excepted."""
    media = dict(written.headers).get("content-type", "")
    status = int(written.start.split(" ")[1])
    named = ((b"content-type", response.media.encode()),) if response.media else ()
    headers = tuple((name.decode(), value.decode()) for name, value in (*named, *response.headers))
    expected: list[Any] = [status, sorted(written.headers), content(media, written.body)]
    given: list[Any] = [response.status, sorted(headers), content(response.media, response.body.decode())]
    if expected == given:
        return []
    before, after = ("\n".join(map(str, side)).splitlines() for side in (expected, given))
    return ["\n".join(difflib.ndiff(before, after))]
