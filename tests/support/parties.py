"""Backends on sockets of their own that write down every byte they hear, and answer as the test says."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable

from jobgateway.backends.demo import demo_transport
from jobgateway.mock.app import mock_app
from jobgateway.mock.population import population
from jobgateway.mock.store import Store
from jobgateway.translation.wire import Request
from support.canaries import encodings
from support.gateways import DIALECTS, NOW
from support.listening import Listening

Answer = Callable[[str, random.Random], bytes | None]
"""What is said to a request with this secret; nothing: the connection is reset."""
JOBS = population(30, seed=5)


def _said(status: bytes, body: str, *headers: str, media: str = "application/json") -> bytes:
    data = body.encode()
    lines = [f"Content-Type: {media}", *headers, f"Content-Length: {len(data)}"]
    return b"HTTP/1.1 " + status + b"\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def _echo(status: str, body: str, *headers: str, media: str = "application/json") -> Answer:
    """An answer that repeats the secret, ``@``, in one of the encodings."""

    def answer(secret: str, dice: random.Random) -> bytes:
        form = dice.choice(list(encodings(secret).values()))
        texts = [text.replace("@", form) for text in (status, body, *headers)]
        return _said(texts[0].encode(), texts[1], *texts[2:], media=media.replace("@", form))

    return answer


FAILURES: dict[str, Answer] = {
    "error": _echo("500 @", '{"error": "@", "errors": ["@"], "code": 50004000, "message": "@", "detail": "@"}', "X-E: @"),
    "judgement": _echo("401 No", '{"error": "@", "errors": ["@"], "code": 40104001, "message": "ErrSession::@"}', "WWW-Authenticate: @"),
    "forbidden": _echo("403 @", '{"error": "@", "errors": ["@"], "code": 40304000, "message": "@"}'),
    "bad request": _echo("400 @", '{"error": "invalid path param jobID: strconv.Atoi: parsing \\"@\\": invalid syntax"}'),
    "bad input": _echo("422 @", '{"detail": [{"type": "int_parsing", "loc": ["path", "jobId"], "msg": "@", "input": "@"}]}'),
    "page of text": _echo("502 @", "<h1>@</h1>", media="text/html"),
    "busy": _echo("503 @", '{"error": "@"}', "Retry-After: @"),
    "redirect": _echo("302 @", "@", "Location: https://127.0.0.1:1/@", "Set-Cookie: explorer_token=@"),
    "media type": _echo("200 OK", "@", media="x/@"),
    "status word": _echo("200 OK", '{"code": 0, "data": {"jobId": 7, "id": 7, "name": "n", "description": "d", "status": "@", "projectId": 1, "action": "a", "referenceId": "r", "createdAt": 1, "updatedAt": 1, "startAt": 1, "errors": null}}'),
    "wrong type": _echo("200 OK", '{"code": 0, "data": {"id": "@", "jobId": "@", "items": "@", "total": "@"}}'),
    "key": _echo("200 OK", '{"code": 0, "data": {"@": {"@": 1}}, "@": 2}'),
    "code": _echo("200 OK", '{"code": "@", "data": "@", "message": "@"}'),
    "half": _echo("200 OK", '{"data": "@'),
    "no HTTP": lambda secret, _: secret.encode() + b"\r\n\r\n",
    "two answers": lambda secret, _: _said(b"200 OK", '{"data": []}') + _said(b"200 OK", f'{{"data": "{secret}"}}'),
    "short": lambda secret, _: b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + secret.encode(),
    "coding": _echo("200 OK", "@", "Content-Encoding: @"),
    "reset": lambda _secret, _: None,
}  # fmt: skip
"""Every kind of failure that an answer can be, most with the secret in it."""
EXTRAS = ("Set-Cookie: explorer_token=@; Path=/", "X-Request-Id: @", "Location: /@", "Warning: 199 - @", "Server: @")


class Party(Listening):
    """One backend. It answers properly, or fails, as the dice say."""

    def __init__(self, dialect: str, *, failing: float = 0.5, seed: int = 1) -> None:
        super().__init__()
        self._dialect = DIALECTS[dialect]
        self._app = demo_transport(mock_app(self._dialect, Store(JOBS, lambda: NOW), profile="documented"))
        self._failing = failing
        self._dice = random.Random(seed)
        self.heard = bytearray()
        self.requests = 0
        self.failed: set[str] = set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heard += head
                answer = await self._answer(head)
                if answer is None:
                    raw = writer.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                writer.write(answer)
                await writer.drain()
                if self._dice.random() < 0.1:
                    break
        writer.close()

    async def _answer(self, head: bytes) -> bytes | None:
        self.requests += 1
        line, *rest = head[:-4].split(b"\r\n")
        method, _, target = line.decode().rpartition(" ")[0].partition(" ")
        path, _, query = target.partition("?")
        pairs = [field.partition(b": ")[::2] for field in rest]
        headers = tuple((name.lower(), value) for name, value in pairs if name.lower() in _CARRIERS)
        secret = self._dialect.read_secret(Request(method, path, query, headers))
        assert isinstance(secret, str), head
        if self._dice.random() < self._failing:
            kind = self._dice.choice(list(FAILURES))
            self.failed.add(kind)
            return FAILURES[kind](secret, self._dice)
        response = await self._app.send(Request(method, path, query, headers))
        form = self._dice.choice(list(encodings(secret).values()))
        extra = self._dice.choice(EXTRAS).replace("@", form)
        return _said(b"%d Fine" % response.status, response.body.decode(), extra, media=response.media or "text/plain")


_CARRIERS = (b"authorization", b"cookie", b"explorer_token")


class Trap(Listening):
    """A port that nobody may come to."""

    def __init__(self) -> None:
        super().__init__()
        self.visitors = 0

    async def _talk(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visitors += 1
        writer.close()
