"""One answer as it is read: what the parser tells, checked while it comes."""

from __future__ import annotations

from typing import Final

import httptools

from jobgateway.backends.heads import LARGEST_HEAD, MOST_HEADERS, too_large
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Response

MOST_INTERIM: Final = 16
"""Interim (1xx) answers that may come before the final one (RFC 9110 section 15.2)."""
_FIRST_FINAL: Final = 200
_LAST_FINAL: Final = 599
_END_OF_CHUNKS: Final = 4
"""The line ends that close a chunked message: one after the last chunk or trailer, one more."""
_TAIL: Final = 8
_IDENTITY: Final = frozenset({b"", b"identity"})


class Answer:
    """Reads the answers of one connection, one at a time.

    The parser (llhttp, strict) refuses what is not HTTP/1.1 and what says its length in two ways; here
    are the bounds, the codings, and whether anything follows that nobody asked for.
    """

    __slots__ = (
        "_body", "_chunked", "_coded", "_fed", "_head", "_headers", "_interim", "_largest_body", "_length", "_media",
        "_parser", "_retry_after", "_size", "_tail", "begun", "done", "excess", "keeps", "opened",
    )  # fmt: skip

    def __init__(self, largest_body: int) -> None:
        """``largest_body``: in bytes."""
        self._largest_body = largest_body
        self._parser = httptools.HttpResponseParser(self)
        self.reset()

    def reset(self) -> None:
        """Make ready for the next answer."""
        self.begun = False
        """Whether a byte of it has come."""
        self.opened = False
        """Whether the head of the final answer is complete."""
        self.done = False
        self.excess = False
        """Whether more came than the answer."""
        self.keeps = False
        """Whether the backend keeps the connection after it."""
        self._interim = 0
        self._fed = 0
        self._tail = b""
        self._forget()

    def _forget(self) -> None:
        self._media = b""
        self._retry_after: bytes | None = None
        self._length: int | None = None
        self._chunked = False
        self._coded = False
        self._headers = 0
        self._head = 0
        self._size = 0
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> bool:
        """Read on, and tell whether the answer is done; then nothing more is fed. Raises ``TransportError``."""
        self.begun = True
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise TransportError(Fault.BROKEN, "the backend switched to a protocol that nobody asked for") from None
        except httptools.HttpParserCallbackError as error:
            raise _ours(error) from None
        except httptools.HttpParserError:
            raise TransportError(Fault.BROKEN, "the backend's answer is not HTTP/1.1") from None
        if not self.opened and self._fed > LARGEST_HEAD * 2:
            raise TransportError(Fault.UNREADABLE, f"the head of the answer is larger than {LARGEST_HEAD} bytes")
        if self._chunked:
            self._tail = (self._tail + data)[-_TAIL:]
        if self.done:
            self.excess = self.excess or self._is_followed(data)
        return self.done

    def _is_followed(self, data: bytes) -> bool:
        """Whether line ends follow, which the parser passes over; whatever else follows it has told already."""
        if self._chunked:
            return len(self._tail) - len(self._tail.rstrip(b"\r\n")) > _END_OF_CHUNKS
        if self._length:
            return len(data) > len(self._body[-1]) and not data.endswith(self._body[-1])
        return not data.endswith(b"\r\n\r\n") or data.endswith(b"\r\n\r\n\r\n")

    def end(self) -> bool:
        """The backend has sent all it will: whether that completes an answer (RFC 9112 section 6.3, rule 8)."""
        if self.opened and not self.done and self._length is None and not self._chunked:
            self.done = True
        return self.done

    def response(self) -> Response:
        """The answer, once it is done."""
        headers = () if self._retry_after is None else ((b"retry-after", self._retry_after),)
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        return Response(self._parser.get_status_code(), body, self._media.decode("latin-1"), headers)

    # What the parser calls; after the end of the answer it only tells that more came.

    def on_message_begin(self) -> None:
        """A message begins: one too many, where the answer is done."""
        if self.done:
            self.excess = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the head, or a field of the trailer section."""
        if self.done:
            return
        self._headers += 1
        self._head += len(name) + len(value)
        if self._headers > MOST_HEADERS:
            raise TransportError(Fault.UNREADABLE, f"the answer has more than {MOST_HEADERS} headers")
        if self._head > LARGEST_HEAD:
            raise TransportError(Fault.UNREADABLE, f"the head of the answer is larger than {LARGEST_HEAD} bytes")
        if not self.opened:
            self._note(name.lower(), value)

    def _note(self, name: bytes, value: bytes) -> None:
        if name == b"content-length":
            self._length = int(value)
        elif name == b"content-type":
            self._media = self._media or value
        elif name == b"transfer-encoding":
            self._chunked = True
            self._coded = self._coded or value.lower() != b"chunked"
        elif name == b"content-encoding":
            self._coded = self._coded or value.strip().lower() not in _IDENTITY
        elif name == b"retry-after":
            self._retry_after = self._retry_after or value

    def on_headers_complete(self) -> None:
        """The head is complete: whether its body may be read."""
        if self.done:
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL:
            return
        self._check_head(status)
        self.opened = True

    def _check_head(self, status: int) -> None:
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise TransportError(Fault.UNREADABLE, "the answer is in another version of HTTP")
        if status > _LAST_FINAL:
            raise TransportError(Fault.UNREADABLE, "the answer has no final status from 200 to 599")
        if self._coded:
            raise TransportError(Fault.UNREADABLE, "the answer is in a coding, and none was asked for")
        if self._chunked and version == "1.0":
            problem = "the answer is in chunks, which its version of HTTP does not have"
            raise TransportError(Fault.UNREADABLE, problem)
        if self._length is not None and self._length > self._largest_body:
            raise TransportError(Fault.UNREADABLE, too_large(self._largest_body))

    def on_body(self, piece: bytes) -> None:
        """A piece of the body, its chunks' framing taken off."""
        if self.done:
            return
        self._size += len(piece)
        if self._size > self._largest_body:
            raise TransportError(Fault.UNREADABLE, too_large(self._largest_body))
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """The answer is done, unless it was an interim one."""
        if self.done:
            return
        if self.opened:
            self.done = True
            self.keeps = bool(self._parser.should_keep_alive())
            return
        self._interim += 1
        if self._interim > MOST_INTERIM:
            raise TransportError(Fault.BROKEN, f"the backend sent more than {MOST_INTERIM} interim answers")
        self._forget()
        self._fed = 0


def _ours(error: BaseException) -> TransportError:
    """What a callback raised; the parser wraps it."""
    cause = error.__context__ or error.__cause__
    if isinstance(cause, TransportError):
        return TransportError(cause.fault, str(cause))
    raise error
