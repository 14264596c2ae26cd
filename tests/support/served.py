"""An edge behind the protocol of callers' connections, on a port of this process, and bytes to send there."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from pathlib import Path

from jobgateway.config.model import KeyPair
from jobgateway.edge.accepting import Acceptor
from jobgateway.edge.certificate import Certificate
from jobgateway.edge.protocol import callers_protocol
from jobgateway.edge.standing import Standing
from support.certificates import client_side, pair
from support.edges import V2_LIST, EdgeUnderTest, config_of

GET = f"GET {V2_LIST} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\n".encode()
LAST = GET + b"Connection: close\r\n\r\n"


class State:
    """What uvicorn's server shares with its protocols."""

    def __init__(self) -> None:
        self.connections: set = set()
        self.tasks: set = set()
        self.default_headers = [(b"date", b"today")]


class Served:
    """An edge behind the protocol on a port of this process."""

    def __init__(self, **more) -> None:
        self.edge = more.pop("edge", None) or EdgeUnderTest(config_of(**more.pop("config", {})), **more)
        self.state = State()

    async def __aenter__(self):
        limits = self.edge.app._current.snapshot.config.limits
        make = callers_protocol(limits, self.edge.app)
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: make(None, self.state, {}), "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self._leave()

    async def _leave(self) -> None:
        for connection in list(self.state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def hurry(self, seconds: float) -> None:
        """Let so much time have passed for all connections."""
        now = asyncio.get_running_loop().time() + seconds
        for connection in list(self.state.connections):
            connection.look(now)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to it."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    def look(self, later: float) -> None:
        """Show every connection a clock that is so many seconds ahead."""
        now = asyncio.get_running_loop().time()
        for connection in list(self.state.connections):
            connection.look(now + later)

    async def ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes = GET + b"\r\n"
    ) -> bytes:
        """One whole answer on a connection that is kept."""
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        return head + await asyncio.wait_for(reader.readexactly(length), 10)

    async def talk(self, *pieces: bytes, pause: float = 0.01) -> bytes:
        """Send pieces and read until the other side closes."""
        reader, writer = await self.connect()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        said = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return said


class Secured(Served):
    """The same over TLS, accepted as the gateway accepts."""

    def __init__(self, folder: Path, **more) -> None:
        super().__init__(**more)
        self._certificate = Certificate(KeyPair(*map(str, pair(folder))))

    async def __aenter__(self):
        limits = self.edge.app._current.snapshot.config.limits
        make = callers_protocol(limits, self.edge.app)
        self._bound = socket.create_server(("127.0.0.1", 0))
        self.server = Acceptor(Standing(1), 0, limits.connections, self._certificate.context)
        self.state.connections = self.server.connections
        self.server.open(self._bound, lambda: make(None, self.state, {}))
        self.port = self._bound.getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        self._bound.close()
        await self._leave()
        await self.server.wait_closed()

    async def connect(self, **how) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose handshake is done."""
        return await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=client_side(), server_hostname="localhost", **how
        )

    async def begin(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose handshake is not."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    @property
    def handshakes(self) -> int:
        """Those under way."""
        return len(self.server._coming)


def client_hello() -> bytes:
    """The first bytes of a caller that speaks TLS."""
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        client_side().wrap_bio(coming, going, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        return going.read()
    raise AssertionError("nobody answered")
