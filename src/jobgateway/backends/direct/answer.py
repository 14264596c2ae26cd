"""One answer as it is read: what the parser tells, checked while it comes."""

from __future__ import annotations

from typing import Final

import httptools

from jobgateway.backends.heads import LARGEST_HEAD, MOST_HEADERS, too_large
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Response

MOST_INTERIM: Final = 16
"""Interim (1xx) answers that may come before the final one (RFC 9110 section 15.2)."""
MOST_BESIDE: Final = 2 * LARGEST_HEAD
"""Bytes that may come without a piece of a body among them: heads, trailers, and what stands beside chunks."""

_FIRST_INTERIM: Final = 100
_SWITCHING: Final = 101
_FIRST_FINAL: Final = 200
_LAST_FINAL: Final = 599
_WITHOUT_CONTENT: Final = frozenset({204, 304})
_VERSIONS: Final = frozenset({"1.1", "1.0"})
_IDENTITY: Final = frozenset({b"", b"identity"})
_END: Final = b"\r\n\r\n"
_PASSED_OVER: Final = b"\r\n"
"""Bytes between messages that the parser drops without a word."""
_NOT_HTTP: Final = "the backend's answer is not HTTP/1.1"


class Answer:
    """Reads the answers of one connection, one at a time.

    The parser (llhttp, strict) refuses what is not HTTP/1.1 and what says its length in two ways; here
    are the bounds, the codings, and whether anything follows that nobody asked for.
    """

    __slots__ = (
        "_beside", "_body", "_chunked", "_fields", "_head", "_interim", "_largest_body", "_last", "_length", "_media",
        "_opened", "_parser", "_rest", "_retry_after", "_size", "_status", "_tail", "_usual",
        "begun", "done", "excess", "keeps",
    )  # fmt: skip

    def __init__(self, largest_body: int) -> None:
        """``largest_body``: in bytes."""
        self._largest_body = largest_body
        self._parser = httptools.HttpResponseParser(self)
        self._forget()
        self.reset()

    def reset(self) -> None:
        """Make ready for the next answer."""
        self.begun = False
        """Whether a byte of it has come."""
        self.done = False
        self.excess = False
        """Whether more came than the answer."""
        self.keeps = False
        """Whether the backend keeps the connection after it."""
        self._opened = False
        self._usual = False
        """Whether it is seen to begin as nearly all do."""
        self._interim = 0
        self._beside = 0
        self._tail = b""

    def _forget(self) -> None:
        self._fields: list[tuple[bytes, bytes]] = []
        self._head = 0
        self._size = 0
        self._body = b""
        self._rest: bytearray | None = None
        self._last = b""

    def feed(self, data: bytes) -> bool:
        """Read on, and tell whether the answer is done; then nothing more is fed. Raises ``TransportError``.

        What follows an answer takes nothing from it: it is as good as without, but the connection is not kept.
        """
        if not self.begun:
            self.begun = True
            self._usual = data.startswith(b"HTTP/1.1 ")
            if not self._usual and not data.startswith(b"H"):  # the parser takes other protocols, and line ends first
                raise TransportError(Fault.BROKEN, _NOT_HTTP)
        self._beside += len(data)
        problem = None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            ours = error.__context__
            problem = ours if isinstance(ours, TransportError) else TransportError(Fault.BROKEN, _NOT_HTTP)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            problem = TransportError(Fault.BROKEN, _NOT_HTTP)
        if self.done:
            self.excess = self.excess or problem is not None or (data[-1] in _PASSED_OVER and self._is_followed(data))
            return True
        self._go_on(data, problem)
        return False

    def _is_followed(self, data: bytes) -> bool:
        """Whether line ends follow, which the parser passes over; of anything else it has told."""
        last = self._last
        if last and not self._chunked:
            return len(data) > len(last) and (last.isspace() or not data.endswith(last))
        end = self._tail + data[-len(_END) - 1 :]
        return not end.endswith(_END) or end[: -len(_END)].endswith((b"\r", b"\n"))

    def _go_on(self, data: bytes, problem: TransportError | None) -> None:
        """The answer is not done: there has to be a way on."""
        if problem is not None:
            raise problem
        if self._beside > MOST_BESIDE:
            raise TransportError(Fault.UNREADABLE, f"more than {MOST_BESIDE} bytes came, and none of the body")
        self._tail = (self._tail + data[-len(_END) - 1 :])[-len(_END) - 1 :]

    def end(self) -> bool:
        """The backend has sent all it will: whether that completes an answer (RFC 9112 section 6.3, rule 8)."""
        if self._opened and not self.done and self._length is None and not self._chunked:
            self.done = True
        return self.done

    def take(self) -> Response:
        """The answer, once it is done; nothing of it is kept here."""
        headers = () if self._retry_after is None else ((b"retry-after", self._retry_after),)
        body = self._body if self._rest is None else self._body + self._rest
        response = Response(self._status, body, self._media.decode("latin-1"), headers)
        self._forget()
        return response

    # What the parser calls; after the end of the answer it only tells that more came.

    def on_message_begin(self) -> None:
        """A message begins: one too many, where the answer is done."""
        if self.done:
            self.excess = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the head, or a field of the trailer section."""
        if self.done:
            return
        self._fields.append((name, value))
        self._head += len(name) + len(value)
        if len(self._fields) > MOST_HEADERS:
            raise TransportError(Fault.UNREADABLE, f"the answer has more than {MOST_HEADERS} headers")
        if self._head > LARGEST_HEAD:
            raise TransportError(Fault.UNREADABLE, f"the head of the answer is larger than {LARGEST_HEAD} bytes")

    def on_headers_complete(self) -> None:
        """The head is complete: whether its body may be read."""
        if self.done:
            return
        self._status = status = self._parser.get_status_code()
        if status < _FIRST_INTERIM or status == _SWITCHING:
            raise TransportError(Fault.BROKEN, "the backend's answer has a status that answers nothing")
        if status >= _FIRST_FINAL:
            problem = self._note() or self._problem(status)
            if problem is not None:
                raise TransportError(Fault.UNREADABLE, problem)
            self._opened = True

    def _note(self) -> str | None:
        """What the head says that matters here; gives what is wrong with it."""
        length: int | None = None
        media = b""
        retry_after: bytes | None = None
        chunked = coded = False
        for name, value in self._fields:
            key = name.lower()
            if key == b"content-length":
                length = int(value)  # digits, as the parser has seen; too many of them for ``int`` are refused too
            elif key == b"content-type":
                media = media or value.strip()
            elif key == b"transfer-encoding":
                coded = coded or chunked or value.strip().lower() != b"chunked"
                chunked = True
            elif key == b"content-encoding":
                coded = coded or value.strip().lower() not in _IDENTITY
            elif key == b"retry-after":
                retry_after = retry_after or value.strip()
        self._length, self._chunked, self._media, self._retry_after = length, chunked, media, retry_after
        return "the answer is in a coding, and none was asked for" if coded else None

    def _problem(self, status: int) -> str | None:
        version = "1.1" if self._usual else self._parser.get_http_version()
        if version not in _VERSIONS:
            return "the answer is in another version of HTTP"
        if status > _LAST_FINAL:
            return "the answer has no final status from 200 to 599"
        if self._chunked and version == "1.0":
            return "the answer is in chunks, which its version of HTTP does not have"
        if self._length is not None and self._length > self._largest_body:
            return too_large(self._largest_body)
        return None

    def on_body(self, piece: bytes) -> None:
        """A piece of the body, its chunks' framing taken off."""
        if self.done:
            return
        size = self._size + len(piece)
        if size > self._largest_body:
            raise TransportError(Fault.UNREADABLE, too_large(self._largest_body))
        if not self._size:
            self._body = piece  # most answers come in one
        elif self._rest is None:
            self._rest = bytearray(piece)
        else:
            self._rest += piece
        self._size = size
        self._last = piece
        self._beside = 0

    def on_message_complete(self) -> None:
        """The answer is done, unless it was an interim one."""
        if self.done:
            return
        if self._opened:
            # A status without content has none, whatever its head says; whoever says otherwise may send it too.
            doubtful = self._status in _WITHOUT_CONTENT and bool(self._length or self._chunked)
            self.done = True
            self.keeps = bool(self._parser.should_keep_alive()) and not doubtful
            return
        self._interim += 1
        if self._interim > MOST_INTERIM:
            raise TransportError(Fault.BROKEN, f"the backend sent more than {MOST_INTERIM} interim answers")
        self._forget()
        self._usual = False  # what comes next has a version of its own
        self._beside = 0
