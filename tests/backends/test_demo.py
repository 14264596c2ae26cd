"""The embedded backend is asked with the headers and caps of the one over the network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio
import pytest

from jobgateway.backends.demo import demo_transport
from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Headers, Request, Response
from support.evil_backend import EvilBackend
from support.transports import Kind, carrying

pytestmark = pytest.mark.anyio

Message = MutableMapping[str, Any]
PATIENCE = 5.0


class Answering:
    """An ASGI application that gives one answer in pieces, and keeps what it was asked."""

    def __init__(self, *pieces: bytes, status: int = 200, headers: Headers = ()) -> None:
        self.pieces = pieces
        self.status = status
        self.headers = headers
        self.scopes: list[Message] = []
        self.bodies: list[bytes] = []

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        self.scopes.append(scope)
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def test_a_request_reaches_the_application_whole():
    app = Answering(b'{"a"', b": 1}", headers=((b"content-type", b"application/json"), (b"set-cookie", b"c=1")))
    request = Request("PUT", "/a%2Fb/%C3%A9;x", "q=%7B%7D&q=1", ((b"explorer_token", b"t"),), b"{}")
    assert await demo_transport(app).send(request) == Response(200, b'{"a": 1}')
    (scope,) = app.scopes
    assert scope["method"] == "PUT"
    assert scope["path"] == "/a/b/é;x"
    assert scope["raw_path"] == b"/a%2Fb/%C3%A9;x"
    assert scope["query_string"] == b"q=%7B%7D&q=1"
    assert app.bodies == [b"{}"]


async def test_the_application_sees_the_headers_that_a_backend_on_the_network_sees(kind: Kind):
    app = Answering()
    request = Request("DELETE", "/x", "", ((b"authorization", b"k"),))
    await demo_transport(app).send(request)
    async with EvilBackend() as backend, carrying(kind, backend.url) as transport:
        await transport.send(request)
    lines = [line.split(b": ", 1) for line in backend.seen[0].split(b"\r\n")[1:-2]]
    on_the_wire = {name.lower(): value for name, value in lines}
    in_process = dict(app.scopes[0]["headers"])
    if kind is DirectTransport:  # it keeps its connection
        assert in_process.pop(b"connection") == b"close"
    assert in_process.pop(b"host") == b"demo.invalid"
    assert on_the_wire.pop(b"host") == f"127.0.0.1:{backend.port}".encode()
    assert in_process == on_the_wire


@pytest.mark.parametrize(
    "app",
    [
        Answering(b"x" * 1001),
        Answering(b"x" * 500, b"x" * 501),
        Answering(b"x", headers=((b"content-length", b"1001"),)),
        Answering(b"x", headers=((b"content-encoding", b"gzip"),)),
        Answering(b"x", headers=tuple((b"x-%d" % number, b"") for number in range(101))),
        Answering(b"x", headers=((b"x", b"a" * 40_000),)),
        Answering(status=101),
        Answering(status=600),
    ],
)
async def test_the_caps_are_those_of_the_network(app: Answering):
    with pytest.raises(TransportError) as caught:
        await demo_transport(app, largest_body=1000).send(Request("GET", "/"))
    assert caught.value.fault is Fault.UNREADABLE


async def test_an_application_that_fails_has_broken_off():
    async def failing(scope: Message, receive: object, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ZeroDivisionError("s3cret")

    async def silent(scope: Message, receive: object, send: object) -> None:
        return

    for app in (failing, silent):
        with pytest.raises(TransportError) as caught:
            await demo_transport(app).send(Request("GET", "/"))
        assert caught.value.fault is Fault.BROKEN
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("path", ["/a/../b", "/./a", "/" + "a" * 70_000])
async def test_a_target_that_would_arrive_changed_is_not_sent(path: str):
    app = Answering()
    with pytest.raises(TransportError) as caught:
        await demo_transport(app).send(Request("GET", path))
    assert caught.value.fault is Fault.UNSENDABLE
    assert app.scopes == []


async def test_a_deadline_ends_the_application_and_frees_its_place():
    ended = 0

    async def stalled(scope: Message, receive: object, send: object) -> None:
        nonlocal ended
        try:
            await asyncio.sleep(60)
        finally:
            ended += 1

    transport = demo_transport(stalled, connections=1)
    with anyio.fail_after(PATIENCE):
        for _ in range(2):
            with anyio.move_on_after(0.05) as scope:
                await transport.send(Request("GET", "/"))
            assert scope.cancelled_caught
    assert ended == 2
