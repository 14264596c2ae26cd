"""A backend on raw sockets that misbehaves in one way per path: ``/drip``, ``/bomb=3``, ``/status=999``.

A behaviour is an asynchronous generator of the bytes to send, given what stands behind ``=`` in the path and the head
of the request; it may end with ``CLOSE`` or ``RESET``. Otherwise the connection stays open for the next request.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from typing import Final

from support.listening import Listening

CLOSE: Final = b"\0close"
RESET: Final = b"\0reset"
STEP: Final = 0.01
"""Seconds between the drops of what drips; far below the deadlines of the tests."""

GOOD: Final = b'{"good": true}'
Behaviour = Callable[[str, bytes], AsyncIterator[bytes]]


def answer(body: bytes = GOOD, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A well-formed answer that says its length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: application/json", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def opened(*headers: bytes, status: bytes = b"200 OK") -> bytes:
    """The head of an answer with exactly these headers."""
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers]) + b"\r\n\r\n"


class Behaviours:
    """One method per path."""

    @staticmethod
    async def ok(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield answer()

    @staticmethod
    async def two(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield answer() + answer(b'{"poison": true}')

    @staticmethod
    async def two_later(milliseconds: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer()
        await asyncio.sleep(int(milliseconds) / 1000)
        yield answer(b'{"poison": true}')

    @staticmethod
    async def extra_line(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield answer() + b"\r\n"

    @staticmethod
    async def no_content_with_body(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(status=b"204 No Content") + b'{"poison": true}'

    @staticmethod
    async def cookie(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield answer(GOOD, b"Set-Cookie: canary=crumb; Path=/", b"Set-Cookie: second=crumb; Domain=127.0.0.1")

    @staticmethod
    async def redirect(argument: str, __: bytes) -> AsyncIterator[bytes]:
        status, _, location = argument.partition(",")
        yield answer(b"", b"Location: " + location.encode(), status=status.encode() + b" Elsewhere")

    @staticmethod
    async def drip(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Content-Length: 10000")
        while True:
            yield b"x"
            await asyncio.sleep(STEP)

    @staticmethod
    async def drip_head(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            yield b"X-Drop: 1\r\n"
            await asyncio.sleep(STEP)

    @staticmethod
    async def informational(_: str, __: bytes) -> AsyncIterator[bytes]:
        while True:
            yield opened(status=b"103 Early Hints")
            await asyncio.sleep(STEP)

    @staticmethod
    async def informational_flood(_: str, __: bytes) -> AsyncIterator[bytes]:
        while True:
            yield opened(status=b"103 Early Hints") * 50

    @staticmethod
    async def informational_then_ok(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(status=b"100 Continue") + opened(b"Link: </x>", status=b"103 Early Hints") + answer()

    @staticmethod
    async def bomb(mebibytes: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer(gzip.compress(bytes(int(mebibytes) << 20)), b"Content-Encoding: gzip")

    @staticmethod
    async def nested(_: str, __: bytes) -> AsyncIterator[bytes]:
        body = bytes(1 << 20)
        for _layer in range(3):
            body = gzip.compress(body)
        yield answer(body, b"Content-Encoding: gzip, gzip", b"Content-Encoding: gzip")

    @staticmethod
    async def coding(words: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer(GOOD, b"Content-Encoding: " + words.encode())

    @staticmethod
    async def big_header(size: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer(GOOD, b"X-Big: " + b"a" * int(size))

    @staticmethod
    async def endless_header(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Endless: "
        while True:
            yield b"a" * 4096

    @staticmethod
    async def many_headers(count: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer(GOOD, *[b"X-%d: 1" % number for number in range(int(count))])

    @staticmethod
    async def length_and_chunks(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Content-Length: 14", b"Transfer-Encoding: chunked") + b"e\r\n" + GOOD + b"\r\n0\r\n\r\n"

    @staticmethod
    async def two_lengths(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Content-Length: 14", b"Content-Length: 3") + GOOD

    @staticmethod
    async def length(words: str, _: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Content-Length: " + words.encode()) + GOOD
        yield CLOSE

    @staticmethod
    async def long_length(digits: str, _: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Content-Length: " + b"9" * int(digits)) + GOOD

    @staticmethod
    async def chunks(_: str, __: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(GOOD), 5):
            part = GOOD[start : start + 5]
            prefix = b"" if start else opened(b"Transfer-Encoding: chunked")
            yield prefix + b"%x;note=1\r\n%b\r\n" % (len(part), part)
            await asyncio.sleep(0)
        yield b"0\r\nX-Trailer: 1\r\n\r\n"

    @staticmethod
    async def chunks_in_http10(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n" + GOOD + b"\r\n0\r\n\r\n"

    @staticmethod
    async def broken_chunks(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Transfer-Encoding: chunked") + b"e\r\n" + GOOD + b"\r\nzz\r\n"

    @staticmethod
    async def unfinished_chunks(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Transfer-Encoding: chunked") + b"e\r\n" + GOOD + b"\r\n"
        yield CLOSE

    @staticmethod
    async def transfer(words: str, _: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Transfer-Encoding: " + words.encode()) + GOOD
        yield CLOSE

    @staticmethod
    async def crumbs(count: str, _: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Transfer-Encoding: chunked")
        yield b"1\r\nx\r\n" * int(count) + b"0\r\n\r\n"

    @staticmethod
    async def large(size: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer(b"x" * int(size))

    @staticmethod
    async def endless(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Transfer-Encoding: chunked")
        while True:
            yield b"1000\r\n" + b"x" * 4096 + b"\r\n"

    @staticmethod
    async def head_only(header: str, _: bytes) -> AsyncIterator[bytes]:
        yield opened(header.encode())

    @staticmethod
    async def short(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Content-Length: 50") + b"{}"
        yield CLOSE

    @staticmethod
    async def no_length(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened() + GOOD
        yield CLOSE

    @staticmethod
    async def http09(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield GOOD
        yield CLOSE

    @staticmethod
    async def version(words: str, _: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/" + words.encode() + b" 200 OK\r\nContent-Length: 14\r\n\r\n" + GOOD

    @staticmethod
    async def status(words: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer(status=words.encode())

    @staticmethod
    async def bare_lf(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 14\n\n" + GOOD

    @staticmethod
    async def raw(hexadecimal: str, _: bytes) -> AsyncIterator[bytes]:
        yield bytes.fromhex(hexadecimal)
        yield CLOSE

    @staticmethod
    async def kept(hexadecimal: str, _: bytes) -> AsyncIterator[bytes]:
        yield bytes.fromhex(hexadecimal)

    @staticmethod
    async def bytewise(hexadecimal: str, _: bytes) -> AsyncIterator[bytes]:
        for byte in bytes.fromhex(hexadecimal):
            yield bytes([byte])
            await asyncio.sleep(0)

    @staticmethod
    async def segments(size: str, _: bytes) -> AsyncIterator[bytes]:
        """An answer of 19,000 bytes in segments of that size."""
        whole = answer(b"0123456789" * 1900)
        for start in range(0, len(whole), int(size)):
            yield whole[start : start + int(size)]
            await asyncio.sleep(0)

    @staticmethod
    async def http10(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + GOOD[:5]
        await asyncio.sleep(0)
        yield GOOD[5:]
        yield CLOSE

    @staticmethod
    async def for_a_while(milliseconds: str, _: bytes) -> AsyncIterator[bytes]:
        """An answer, and then the end of the connection: perhaps beside the next request."""
        yield answer()
        await asyncio.sleep(int(milliseconds) / 1000)
        yield CLOSE

    @staticmethod
    async def garbage(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield bytes(range(256))
        yield CLOSE

    @staticmethod
    async def half_head(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Len"
        yield CLOSE

    @staticmethod
    async def close(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield CLOSE

    @staticmethod
    async def reset(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield RESET

    @staticmethod
    async def reset_midway(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield opened(b"Content-Length: 50") + b"{}"
        yield RESET

    @staticmethod
    async def slow(seconds: str, _: bytes) -> AsyncIterator[bytes]:
        await asyncio.sleep(float(seconds))
        yield answer()

    @staticmethod
    async def idle_close(_: str, __: bytes) -> AsyncIterator[bytes]:
        yield answer()
        yield CLOSE

    @staticmethod
    async def retry(seconds: str, _: bytes) -> AsyncIterator[bytes]:
        yield answer(b"", b"Retry-After: " + seconds.encode(), b"X-Other: 1", status=b"503 Later")

    @staticmethod
    async def echo(_: str, head: bytes) -> AsyncIterator[bytes]:
        """Says everything that it was sent in a header, in the reason phrase and in the body."""
        line = b" ".join(head.split())
        yield answer(head, b"X-Echo: " + line, b"Location: /?" + line, status=b"200 " + line)

    @staticmethod
    async def echo_garbage(_: str, head: bytes) -> AsyncIterator[bytes]:
        """Says what it was sent where no answer could stand."""
        yield b" ".join(head.split()) + b"\r\n\r\n"
        yield CLOSE


class EvilBackend(Listening):
    """The server; ``async with`` starts and stops it."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, lives: int | None = None) -> None:
        """``lives``: how many requests of a connection are answered; at the next one it is closed."""
        super().__init__(ssl=tls, limit=1 << 20)
        self.seen: list[bytes] = []
        """Every request as it came: head and body."""
        self.accepted = 0
        self.open = 0
        self.most_open = 0
        self.busy = 0
        """How many requests are being answered."""
        self.most_busy = 0
        self._lives = lives
        self._changed = asyncio.Event()

    def stop_listening(self) -> None:
        """From now on connections are refused."""
        self._server.close()

    async def all_closed(self, within: float = 2.0) -> bool:
        """Whether every connection is closed by the other side within so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.open:
                    self._changed.clear()
                    await self._changed.wait()
        return self.open == 0

    async def nothing_left(self, within: float = 2.0) -> bool:
        """Whether within so many seconds no request is being answered any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.busy:
                    self._changed.clear()
                    await self._changed.wait()
        return self.busy == 0

    async def asked(self) -> None:
        """Waits for the first request."""
        while not self.seen:
            self._changed.clear()
            await self._changed.wait()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        super()._connected(reader, writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                lives = self._lives
                while lives != 0 and await self._serve(reader, writer):
                    lives = None if lives is None else lives - 1
                if lives == 0:
                    await self._read(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self.open -= 1
            self._changed.set()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """The head of the next request."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        self.seen.append(head + await reader.readexactly(length))
        self._changed.set()
        return head

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await self._read(reader)
        target = head.split(b" ")[1].decode("latin-1")
        name, _, argument = target.partition("?")[0].lstrip("/").partition("=")
        behaviour: Behaviour = getattr(Behaviours, name.replace("-", "_"), Behaviours.ok)
        saying = asyncio.create_task(self._say(behaviour(argument, head), writer))
        watching = asyncio.create_task(self._watch(reader))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await asyncio.wait({saying, watching}, return_when=asyncio.FIRST_COMPLETED)
            return saying.done() and await saying
        finally:
            self.busy -= 1
            self._changed.set()
            saying.cancel()
            watching.cancel()

    @staticmethod
    async def _watch(reader: asyncio.StreamReader) -> None:
        """Ends when the client has closed; reads nothing, since the next request's bytes may be there."""
        while not reader.at_eof():  # noqa: ASYNC110 -- a StreamReader tells of its end in no other way
            await asyncio.sleep(STEP)

    @staticmethod
    async def _say(parts: AsyncIterator[bytes], writer: asyncio.StreamWriter) -> bool:
        async for part in parts:
            if part == RESET:
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            if part in {CLOSE, RESET} or writer.is_closing():
                return False
            writer.write(part)
            await writer.drain()
        return True
