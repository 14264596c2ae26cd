"""Target: the bytes that a backend answers with, into the reader of answers, and what it reads into all dialects.

The first line of an input is the size of the pieces (0: one piece); then the bytes come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import h11
from msgspec import Struct

from fuzz.exchange import framed, messages
from fuzz.replies import check_response
from fuzz.target import Target, numbers
from fuzz.words import words
from jobgateway.backends.direct.answer import Answer
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Response

LARGEST_BODY: Final = 2048
_REQUEST: Final = h11.Request(method="GET", target="/", headers=[("host", "a")])
_CODED: Final = (b"", b"identity")


class Outcome(Struct, frozen=True):
    """What bytes are taken for."""

    response: Response | None = None
    keeps: bool = False
    excess: bool = False
    fault: Fault | None = None


def outcome(pieces: list[bytes]) -> Outcome:
    """What pieces are taken for, behind which the connection ends. Only ``TransportError`` may be raised on the way."""
    answer = Answer(LARGEST_BODY)
    try:
        for index, piece in enumerate(pieces):
            if answer.feed(piece):
                more = answer.excess or index + 1 < len(pieces)
                return Outcome(answer.take(), answer.keeps, more)
    except TransportError as error:
        return Outcome(fault=error.fault)
    return Outcome(answer.take()) if answer.end() else Outcome()


def check(data: bytes) -> None:
    """What must hold of all that a backend can send."""
    line, _, stream = data.partition(b"\n")
    (size,) = numbers(line, 1)
    if not stream:
        return
    found = outcome([stream])
    assert found.fault in (None, Fault.BROKEN, Fault.UNREADABLE), found
    step = size % 64 or len(stream)
    again = outcome([stream[start : start + step] for start in range(0, len(stream), step)])
    # Of two faults, which one is told may hang on what came together.
    assert (again.response, again.keeps, again.fault is None) == (found.response, found.keeps, found.fault is None), (
        found,
        again,
    )
    if found.response is None:
        return
    _check_bounds(found.response)
    _check_peer(stream, found)
    _check_peer(stream, again)
    check_response(found.response)


def _check_bounds(response: Response) -> None:
    assert 200 <= response.status <= 599, response
    assert len(response.body) <= LARGEST_BODY
    assert [name for name, _ in response.headers] in ([], [b"retry-after"]), response


def _check_peer(stream: bytes, found: Outcome) -> None:
    """Another reader that takes the same bytes takes them for the same answer, and none that follow are overlooked."""
    other, response = read_by_h11(stream), found.response
    if other is None or response is None:
        return
    assert (other.status, other.body) == (response.status, response.body), (found, other)
    assert found.excess or not other.rest, (found, other)
    # What might be an empty line behind the answer is taken for one: it costs a connection, and nothing else.
    assert other.rest or not found.excess or not response.body.strip(b"\r\n"), (found, other)


class Other(Struct, frozen=True):
    """An answer as the other reader reads it."""

    status: int
    body: bytes
    rest: bytes
    """What follows it."""


def read_by_h11(stream: bytes) -> Other | None:
    """The answer that h11 reads; ``None`` where it refuses it or waits for more."""
    peer = h11.Connection(h11.CLIENT)
    peer.send(_REQUEST)
    peer.send(h11.EndOfMessage())
    try:
        peer.receive_data(stream)
        peer.receive_data(b"")
        while isinstance(event := peer.next_event(), h11.InformationalResponse):
            pass
        body = b""
        while isinstance(part := peer.next_event(), h11.Data):
            body += part.data
    except (h11.ProtocolError, RuntimeError):
        return None
    if not isinstance(event, h11.Response) or not isinstance(part, h11.EndOfMessage):
        return None
    return Other(event.status_code, body, peer.trailing_data[0])


def _seeds() -> Iterator[bytes]:
    for index, (lines, body) in enumerate(messages("backend answers")):
        yield b"%d\n%b" % (index % 7 * 3, framed(lines, body))
        if index % 9 == 0 and body:
            chunks = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\nX: 1\r\n\r\n" % (len(body), body)
            yield b"%d\n%b" % (index % 7, framed(lines, b"")[:-2] + chunks)
            yield b"%d\n%b" % (index % 7, framed(lines, b"") + body)


WORDS: Final = (
    *words("answers"),
    b"X: 1\r\n" * 101,
    b"HTTP/1.1 100 Continue\r\n\r\n" * 17,
    b"X: " + b"1" * 1000 + b"\r\n",
    b"x" * 2049,
)
TARGET: Final = Target(check, _seeds, WORDS)
