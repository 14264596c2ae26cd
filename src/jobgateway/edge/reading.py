"""Requests read from one connection: what the parser tells, kept within bounds."""

from __future__ import annotations

import re
from collections import deque
from typing import Final

import httptools
from msgspec import Struct

from jobgateway.edge.hygiene import CURRENT, SINGLETONS
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Request

MOST_HEADERS: Final = 100
MOST_DROPPED: Final = 8 * 1024 * 1024
"""Bytes of a body too large that are read and dropped, so that its sender gets to read the answer."""
_NO_TRAILERS: Final = frozenset(SINGLETONS)
"""Fields that say where a request ends, where it goes or whose it is: behind it they would come too late (RFC 9110
section 6.5.1)."""
_looks_like_line: Final = re.compile(rb"[A-Z_-]+ +[^ \r\n]+ +(?:HTTP|RTSP)/[0-9.]+\r?\n").fullmatch
_fits_line: Final = re.compile(rb"[A-Z_-]+ [^ \r\n]+ HTTP/[0-9.]+\r\n").fullmatch
_NOTED: Final = frozenset({b"connection", b"content-length", b"expect"})


class UnreadableError(Exception):
    """Bytes that are no request, or more of them than are taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class Arrived(Struct, gc=False):
    """A whole request, and how it came."""

    request: Request
    version: str
    """``1.0`` or ``1.1``."""
    keeps: bool
    """Whether the caller keeps the connection."""
    too_large: bool
    """Whether its body was, and has been dropped."""


class Reading:
    """Reads the requests of one connection, in order. The parser is llhttp, strict."""

    __slots__ = (
        "_begun", "_body", "_dropped", "_fed", "_headers", "_largest_body", "_largest_head", "_length", "_parser",
        "_persistence", "_size", "_target", "arrived", "between", "continues", "head_done",
    )  # fmt: skip

    def __init__(self, largest_head: int, largest_body: int) -> None:
        """Both in bytes."""
        self._largest_head = largest_head
        self._largest_body = largest_body
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # what follows the last is dropped here
        self.arrived: deque[Arrived] = deque()
        """Whole requests that wait for their answer."""
        self.between = True
        """Whether no request has begun to come."""
        self.head_done = False
        self.continues = False
        """Whether the caller waits for 100 (Continue) before it sends a body."""
        self._fed = 0
        """Bytes of a head so far, or behind the last piece of a body: what the parser itself does not bound."""
        self._begun = b""
        """The request line that is not whole yet."""
        self.on_message_begin()
        self.between = True

    def feed(self, data: bytes) -> None:
        """Read on. Raises ``UnreadableError``; after that nothing more is fed."""
        self._fed += len(data)
        # ``find``, for ``in`` first tries whether what it looks for is a number, at many times the cost of looking.
        if self._begun or data.find(b"  ") >= 0 or data.find(b" RTSP/") >= 0 or not data.endswith(b"\n"):
            self._parse_apart(data)
        else:
            self._parse(data)
        if not self.between and self._fed > self._largest_head:
            raise self._head_too_large()

    def _parse_apart(self, data: bytes) -> None:
        """Parse no further at a time than a request may end, so that the line of the next is seen as it came.

        One ends with an empty line, or where its body is as long as it said.
        """
        at = 0
        while at < len(data):
            body = self._length - self._size if self.head_done and not self.between else 0
            piece = data[at : at + body if body > 0 else _empty_line(data, at)]
            at += len(piece)
            if self.between or self._begun:
                line, ended, _ = (self._begun + piece).lstrip(b"\r\n").partition(b"\n")
                if _is_loose(line + ended):
                    raise UnreadableError(Refusal(Reason.BAD_REQUEST, "not a request line"))
                self._begun = b"" if ended else line
            self._parse(piece)

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self.arrived:
                self.arrived[-1].keeps = False  # no protocol is switched to, so what follows is not for us
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            raise cause if isinstance(cause, UnreadableError) else error from None
        except httptools.HttpParserError:
            raise UnreadableError(Refusal(Reason.BAD_REQUEST)) from None

    def _head_too_large(self) -> UnreadableError:
        return UnreadableError(Refusal(Reason.BAD_REQUEST, f"limits.request_head is {self._largest_head} bytes"))

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request begins."""
        self.between = False
        self.head_done = False
        self.continues = False
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._length = 0
        self._dropped = False
        self._persistence = False

    def on_url(self, piece: bytes) -> None:
        """A piece of the request's target."""
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a field of the trailer section, which is dropped."""
        if self.head_done:
            if name.lower() in _NO_TRAILERS:
                raise UnreadableError(Refusal(Reason.BAD_REQUEST, f"not a trailer: {name.decode().lower()}"))
            return
        self._headers.append((name.lower(), value))
        if len(self._headers) > MOST_HEADERS:
            raise UnreadableError(Refusal(Reason.BAD_REQUEST, f"more than {MOST_HEADERS} headers"))

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.head_done = True
        self._fed = 0
        for name, value in self._headers:
            if name in _NOTED:
                self._note(name, value)

    def _note(self, name: bytes, value: bytes) -> None:
        if name == b"connection":
            self._persistence = True
        elif name == b"expect":
            # One that came with HTTP/1.0 says nothing (RFC 9110 section 10.1.1).
            self.continues = value.lower() == b"100-continue" and self._parser.get_http_version() == CURRENT
        else:
            self._length = int(value)
            self._dropped = self._length > self._largest_body

    def on_body(self, piece: bytes) -> None:
        """A piece of the body, its chunks' framing taken off."""
        self.continues = False
        self._fed = 0
        self._size += len(piece)
        if self._size > self._largest_body:
            self._dropped = True
            self._body.clear()
        if self._size > MOST_DROPPED:
            raise UnreadableError(Refusal(Reason.TOO_LARGE, f"limits.request_body is {self._largest_body} bytes"))
        if not self._dropped:
            self._body.append(piece)

    def on_message_complete(self) -> None:
        """The request is whole."""
        keeps = self._parser.should_keep_alive()
        # Where nothing is said of the connection, only those of HTTP/1.1 are kept (RFC 9112 section 9.3).
        version = CURRENT if keeps and not self._persistence else self._parser.get_http_version()
        self.arrived.append(Arrived(self._request(), version, keeps and version == CURRENT, self._dropped))
        self.between = True
        self.continues = False
        self._fed = 0

    def _request(self) -> Request:
        path, _, query = self._target.decode("latin-1").partition("?")
        body = b"".join(self._body) if self._body else b""
        return Request(self._parser.get_method().decode("ascii"), path, query, tuple(self._headers), body)

    @property
    def refuses_body(self) -> bool:
        """Whether the body is, or is announced to be, larger than is taken."""
        return self._dropped

    def without_body(self) -> Arrived:
        """The request whose head is whole, its body given up."""
        return Arrived(self._request(), self._parser.get_http_version(), keeps=False, too_large=self._dropped)


def _empty_line(data: bytes, start: int) -> int:
    """Where the next empty line ends, one included that began before the data; else where the data does."""
    if start == 0 and data.startswith((b"\n", b"\r\n")):
        return data.index(b"\n") + 1
    found = data.find(b"\n\r\n", max(0, start - 1))
    return len(data) if found < 0 else found + 3


def _is_loose(line: bytes) -> bool:
    """Whether the parser takes it for a request line, and RFC 9112 section 3 does not: spaces, or another protocol."""
    return _looks_like_line(line) is not None and not _fits_line(line)
