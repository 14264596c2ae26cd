"""Parsers of requests, each alone: how much that is malformed it takes, and how fast it reads what is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from importlib import metadata
from importlib.util import find_spec
from typing import Any, Final, Protocol

import h11
import httptools
from msgspec import Struct

from bench.strictness.cases import TARGET, Case
from bench.strictness.replay import Sentinel
from bench.wording import KEY
from jobgateway.edge.head import head_of
from jobgateway.edge.hygiene import tidiness, untidy
from jobgateway.edge.reading import Reading, UnreadableError
from jobgateway.translation.wire import Request

LARGEST_HEAD: Final = 16 * 1024
LARGEST_BODY: Final = 64 * 1024
USUAL: Final = (
    f"GET {TARGET}?limit=50&page=1 HTTP/1.1\r\nHost: gateway.example.com\r\nAuthorization: Bearer {KEY}\r\n"
    "Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en\r\nConnection: keep-alive\r\n"
    "User-Agent: client/3.1 (linux; x86_64)\r\nX-Request-Id: 9f86d081884c7d659a2feaa0c55ad015\r\n\r\n"
).encode()
"""A request as a client's library sends it."""
_ROUNDS: Final = 20
_SECONDS: Final = 0.05
_AT_ONCE: Final = 200
_ENDLESS: Final = 4 * 1024 * 1024
_PIECE: Final = 4096


class Read(Struct, frozen=True):
    """A whole request, as a parser tells it."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[bytes, bytes], ...]


class Parser(Protocol):
    """Reads one connection."""

    read: list[Read]
    """Whole requests."""

    def feed(self, data: bytes) -> None:
        """Read on. Raises what it likes where it can read no more."""


class Httptools:
    """llhttp, by way of httptools."""

    def __init__(self) -> None:
        self.read: list[Read] = []
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []

    def feed(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._target = b""
        self._headers = []

    def on_url(self, piece: bytes) -> None:
        """A piece of the target."""
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._headers.append((name.lower(), value))

    def on_message_complete(self) -> None:
        """The request is whole."""
        parser = self._parser
        method, target = parser.get_method().decode("latin-1"), self._target.decode("latin-1")
        self.read.append(Read(method, target, parser.get_http_version(), tuple(self._headers)))


class H11:
    """h11. Before it reads on, it wants to have sent an answer."""

    def __init__(self) -> None:
        self.read: list[Read] = []
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self._head: h11.Request | None = None

    def feed(self, data: bytes) -> None:
        """Read on."""
        connection = self._connection
        connection.receive_data(data)
        while (event := connection.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Request):
                self._head = event
            elif isinstance(event, h11.EndOfMessage) and (head := self._head):
                method, target = head.method.decode("latin-1"), head.target.decode("latin-1")
                self.read.append(Read(method, target, head.http_version.decode(), tuple(head.headers)))
                connection.send(h11.Response(status_code=204, headers=[]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return
                connection.start_next_cycle()
            elif event is h11.PAUSED:
                return


class Zttp:
    """zttp."""

    def __init__(self) -> None:
        import zttp  # noqa: PLC0415, where it is installed

        self.read: list[Read] = []
        self._zttp: Any = zttp
        self._connection = zttp.Connection(zttp.SERVER)
        self._head: Any = None

    def feed(self, data: bytes) -> None:
        """Read on."""
        zttp, connection = self._zttp, self._connection
        event: Any = connection.receive_event(data)
        while event is not zttp.NEED_DATA and event is not zttp.CONNECTION_CLOSED:
            if isinstance(event, zttp.Request):
                self._head = event
            if isinstance(event, zttp.EndOfMessage) or getattr(event, "end_stream", False):
                head = self._head
                method, target = head.method.decode("latin-1"), head.target.decode("latin-1")
                lines = tuple(head.headers.to_list(lowercase_names=True))
                self.read.append(Read(method, target, head.http_version.decode(), lines))
                connection.start_next_cycle()
            event = connection.next_event()


class Edge:
    """What callers' connections are read with: httptools, and all checks."""

    def __init__(self) -> None:
        self.read: list[Read] = []
        self._reading = Reading(LARGEST_HEAD, LARGEST_BODY)

    def feed(self, data: bytes) -> None:
        """Read on; what the checks refuse is not read."""
        try:
            self._reading.feed(data)
        except UnreadableError:
            if not self._reading.arrived:
                raise
        while self._reading.arrived:
            arrived = self._reading.arrived.popleft()
            request = arrived.request
            if untidy(request, head_of(request.headers, arrived.version).tidiness, LARGEST_HEAD):
                raise ValueError("refused")
            self.read.append(Read(request.method, request.path, arrived.version, request.headers))


class Kind(Struct, frozen=True):
    """A parser that is compared."""

    name: str
    make: Callable[[], Parser]
    package: str

    def missing(self) -> str | None:
        """Why it cannot be compared here, or ``None``."""
        return None if find_spec(self.package) else f"{self.package} is not installed (bench/install.sh)"

    def label(self) -> str:
        """Its name with its version."""
        version = metadata.version(self.package)
        return f"{self.name} {version}" if self.name.startswith(self.package) else self.name


HTTPTOOLS: Final = Kind("httptools", Httptools, "httptools")
KINDS: Final = (
    HTTPTOOLS,
    Kind("h11", H11, "h11"),
    Kind("zttp", Zttp, "zttp"),
    Kind("the gateway's edge: httptools and all checks", Edge, "jobgateway"),
)


def first(kind: Kind, case: Case) -> Read | None:
    """The first request that a parser takes a case for, the sentinel behind it; ``None``: it refuses it, or waits."""
    parser = kind.make()
    try:
        parser.feed(case.sent + Sentinel(0).sent)
    except Exception:  # noqa: BLE001, each parser has its own
        return parser.read[0] if parser.read else None
    return parser.read[0] if parser.read else None


def bounds(kind: Kind) -> bool:
    """Whether a parser refuses a head before it is ``_ENDLESS`` bytes long."""
    parser = kind.make()
    try:
        parser.feed(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        for _ in range(_ENDLESS // _PIECE):
            parser.feed(b"a" * _PIECE)
    except Exception:  # noqa: BLE001, each parser has its own
        return True
    return False


def clean(read: Read) -> bool:
    """Whether the checks that look at a whole head have nothing against it."""
    path, _, query = read.target.partition("?")
    request = Request(read.method, path, query, read.headers)
    return untidy(request, tidiness(read.headers, read.version), LARGEST_HEAD) is None


def rates(kinds: Iterable[Kind]) -> dict[str, float]:
    """Requests a second of processor time, by the parser's name, on connections that are kept.

    The best of several rounds, in turn: a machine that does something else, too, makes all others slower.
    """
    chosen = list(kinds)
    found: dict[str, list[float]] = {kind.name: [] for kind in chosen}
    for _ in range(_ROUNDS):
        for kind in chosen:
            found[kind.name].append(_rate(kind.make()))
    return {name: max(each) for name, each in found.items()}


def _rate(parser: Parser) -> float:
    count, began = 0, time.process_time()
    while (passed := time.process_time() - began) < _SECONDS:
        for _ in range(_AT_ONCE):
            parser.feed(USUAL)
        if len(parser.read) != _AT_ONCE:
            raise ValueError(f"{len(parser.read)} of {_AT_ONCE} requests read")
        parser.read.clear()
        count += _AT_ONCE
    return count / passed
