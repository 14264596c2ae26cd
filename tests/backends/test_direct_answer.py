"""One answer as the direct transport reads it: where it ends, what follows it, and what it may cost."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.backends.direct.answer import MOST_BESIDE, MOST_INTERIM, Answer
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Response

LARGEST_BODY = 1000
OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"
THREE = OK + b"Content-Type: a/b\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"

WHOLE = {
    "length": (THREE, Response(200, b"abc", "a/b")),
    "empty": (EMPTY, Response(200, b"", "")),
    "chunks": (CHUNKED + b'2\r\nab\r\n1;x="y"\r\nc\r\n0;z\r\n\r\n', Response(200, b"abc", "")),
    "trailers": (CHUNKED + b"3\r\nabc\r\n0\r\nX: 1\r\nContent-Type: c/d\r\n\r\n", Response(200, b"abc", "")),
    "no chunk": (CHUNKED + b"0\r\n\r\n", Response(200, b"", "")),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", Response(204, b"", "")),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", Response(304, b"", "")),
    "interim": (HINTS * MOST_INTERIM + THREE, Response(200, b"abc", "a/b")),
    "kept 1.0": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
        Response(200, b"abc", ""),
    ),
    "spaces": (OK + b"Content-Type: \t a/b \t\r\nContent-Length: 3  \r\n\r\nabc", Response(200, b"abc", "a/b")),
    "a line as body": (OK + b"Content-Length: 4\r\n\r\nab\r\n", Response(200, b"ab\r\n", "")),
    "retry": (
        b"HTTP/1.1 503 Later\r\nRetry-After: 7 \r\nContent-Length: 0\r\n\r\n",
        Response(503, b"", "", ((b"retry-after", b"7"),)),
    ),
}
CLOSING = {
    "close": (OK + b"Connection: close\r\nContent-Length: 3\r\n\r\nabc", Response(200, b"abc", "")),
    "close in a list": (OK + b"Connection: x, Close\r\nContent-Length: 3\r\n\r\nabc", Response(200, b"abc", "")),
    "1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", Response(200, b"abc", "")),
    "204 with a length": (b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", Response(204, b"", "")),
    "204 in chunks": (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", Response(204, b"", "")),
    "304 with a length": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", Response(304, b"", "")),
}
REFUSED = {
    "status 99": b"HTTP/1.1 099 X\r\nContent-Length: 3\r\n\r\nabc",
    "status 0": b"HTTP/1.1 000 X\r\nContent-Length: 3\r\n\r\nabc",
    "switching": b"HTTP/1.1 101 X\r\n\r\n",
    "switching by name": b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "another protocol": b"RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "a third protocol": b"ICE/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "another version": b"HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "another version behind an interim answer": HINTS + b"HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "a line before": b"\r\n" + THREE,
    "length twice": OK + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "length and chunks": OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "chunks and length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "a length in the trailers": CHUNKED + b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
    "chunked twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, then not": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\nabc",
    "chunked in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no such coding": OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "many zeros": OK + b"Content-Length: " + b"0" * 5000 + b"3\r\n\r\nabc",
    "a folded length": OK + b"Content-Length: 1\r\n 0\r\n\r\nabc",
    "a folded value": OK + b"X: 1\r\n 0\r\nContent-Length: 3\r\n\r\nabc",
    "a space before the colon": OK + b"Content-Length : 3\r\n\r\nabc",
    "a line end alone": OK + b"X: 1\nContent-Length: 3\r\n\r\nabc",
    "a line start alone": OK + b"X: 1\rY: 1\r\nContent-Length: 3\r\n\r\nabc",
    "NUL in a value": OK + b"X: \x00\r\nContent-Length: 3\r\n\r\nabc",
    "no chunk size": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "a chunk too long": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "a chunk size that is none": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk size beyond all": CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "a chunk with line ends alone": CHUNKED + b"3\nabc\n0\n\n",
    "one interim answer too many": HINTS * (MOST_INTERIM + 1) + THREE,
    "a coding": OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "too long": OK + b"Content-Length: 1001\r\n\r\n",
    "too long in chunks": CHUNKED + b"3e9\r\n" + b"x" * 1001,
    "too long until the end": OK + b"\r\n" + b"x" * 1001,
    "too many headers": OK + b"X: 1\r\n" * 101 + b"\r\n",
    "too many trailers": CHUNKED + b"0\r\n" + b"X: 1\r\n" * 101 + b"\r\n",
    "too large trailers": CHUNKED + b"3\r\nabc\r\n0\r\n" + (b"X: " + b"1" * 4_000 + b"\r\n") * 10 + b"\r\n",
    "a head too large that does not end": OK + b"X: " + b"1" * 40_000 + b"\r\nY: 1\r\n",
    "too large a head": OK + b"X: " + b"1" * 40_000 + b"\r\n\r\n",
}


def read(*segments: bytes) -> Answer:
    answer = Answer(LARGEST_BODY)
    for segment in segments:
        if answer.feed(segment):
            break
    return answer


def refusal(*segments: bytes) -> TransportError:
    with pytest.raises(TransportError) as caught:
        read(*segments)
    return caught.value


def cut(stream: bytes, *places: int) -> list[bytes]:
    edges = sorted({0, *(place % len(stream) for place in places), len(stream)})
    return [stream[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_leaves_the_connection_as_it_was(name: str):
    stream, response = WHOLE[name]
    answer = Answer(LARGEST_BODY)
    for _ in range(3):
        assert answer.feed(stream)
        assert answer.keeps
        assert not answer.excess
        assert answer.take() == response
        answer.reset()


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_byte_by_byte_is_the_same(name: str):
    stream, response = WHOLE[name]
    answer = read(*[bytes([byte]) for byte in stream])
    assert answer.keeps
    assert not answer.excess
    assert answer.take() == response


@pytest.mark.parametrize("name", CLOSING)
def test_an_answer_that_is_the_last_is_not_followed_by_a_request(name: str):
    stream, response = CLOSING[name]
    answer = read(stream)
    assert answer.done
    assert not answer.keeps
    assert answer.take() == response


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_what_is_no_answer_is_refused(name: str, size: int):
    stream = REFUSED[name]
    error = refusal(*[stream[start : start + size] for start in range(0, len(stream), size)])
    assert error.fault in (Fault.BROKEN, Fault.UNREADABLE)
    assert error.__context__ is None


FOLLOWING = [
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\x00",
    b"x",
    b"H",
    b"HTTP/1.1",
    b"\r\n\r\n",
    b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    EMPTY,
    b"HTTP/1.1 404 Not Found\r\nContent-Type: poi/son\r\nContent-Length: 6\r\n\r\npoison",
    CHUNKED,
    b"0\r\n\r\n",
    b"abc",
]


@pytest.mark.parametrize("following", FOLLOWING)
@pytest.mark.parametrize("name", [*WHOLE, *CLOSING])
def test_whatever_follows_an_answer_is_told_and_changes_nothing(name: str, following: bytes):
    stream, response = (WHOLE | CLOSING)[name]
    for place in (0, len(stream) - 1, len(stream) - 2, len(stream) - 4):
        answer = read(*cut(stream + following, place))
        assert answer.done
        assert answer.excess
        assert answer.take() == response


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from([*WHOLE, *CLOSING, *REFUSED]),
    following=st.binary(max_size=3) | st.sampled_from(FOLLOWING),
    places=st.lists(st.integers(0, 10_000), max_size=6),
)
def test_how_the_bytes_arrive_changes_nothing(name: str, following: bytes, places: list[int]):
    def outcome(segments: list[bytes]) -> tuple[object, ...]:
        answer = Answer(LARGEST_BODY)
        try:
            for number, segment in enumerate(segments):
                if answer.feed(segment):
                    followed = answer.excess or number + 1 < len(segments)
                    return (answer.keeps, followed, answer.take())
        except TransportError as error:
            return (error.fault,)
        return (None,)

    stream = REFUSED[name] if name in REFUSED else (WHOLE | CLOSING)[name][0] + following
    assert outcome(cut(stream, *places)) == outcome([stream])


@pytest.mark.parametrize("body", [b"\r\n", b"\r\n\r\n", b"\n", b" \t"])
def test_a_body_of_blanks_alone_is_not_mistaken_for_what_follows(body: bytes):
    stream = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body
    answer = read(stream[: -len(body)], body)
    assert answer.take().body == body
    assert not answer.excess
    assert read(stream + b"\r\n").excess
    assert read(stream[: -len(body)], body + b"\r\n").excess


def test_an_answer_without_a_length_ends_with_the_connection():
    for head in (OK, b"HTTP/1.0 200 OK\r\n"):
        answer = read(head + b"\r\n", b"abc", b"d" * 900)
        assert not answer.done
        assert answer.end()
        assert not answer.keeps
        assert answer.take().body == b"abc" + b"d" * 900


@pytest.mark.parametrize("part", [THREE[:-1], CHUNKED, CHUNKED + b"3\r\nabc\r\n0\r\n", OK, HINTS, HINTS + OK, b"H"])
def test_the_end_of_the_connection_ends_no_other_answer(part: bytes):
    answer = read(part)
    assert not answer.end()
    assert not answer.done


def refused_after(answer: Answer, crumb: bytes, most: int) -> bool:
    """Whether it is refused while so many bytes are fed to it."""
    try:
        for _ in range(most // len(crumb) + 2):
            answer.feed(crumb)
    except TransportError:
        return True
    return False


@pytest.mark.parametrize(
    ("head", "crumb"),
    [
        (OK + b"X: ", b"1" * 4096),
        (OK + b"X: 1\r\n" * 5 + b"X", b"1" * 4096),
        (b"HTTP/1.1 200 ", b"O" * 4096),
        (CHUNKED + b"1;", b"x" * 4096),
        (CHUNKED + b"0\r\nX: ", b"1" * 4096),
        (CHUNKED + b"0\r\nX", b"1" * 4096),
        (CHUNKED, b"0" * 4096),
    ],
    ids=["value", "name", "reason", "extension", "trailer", "name of a trailer", "chunk size"],
)
def test_nothing_without_end_is_read_without_end(head: bytes, crumb: bytes):
    answer = read(head)
    tracemalloc.start()
    try:
        assert refused_after(answer, crumb, MOST_BESIDE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MOST_BESIDE


def test_a_body_in_crumbs_costs_no_more_than_its_size():
    answer = Answer(1 << 20)
    answer.feed(CHUNKED)
    crumbs = b"2\r\nxy\r\n" * 4096
    tracemalloc.start()
    try:
        for _ in range(64):
            answer.feed(crumbs)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.feed(b"0\r\n\r\n")
    assert len(answer.take().body) == 64 * 8192
    assert peak < 4 << 20


def test_nothing_of_an_answer_is_kept_once_it_is_taken():
    answer = Answer(1 << 22)
    tracemalloc.start()
    try:
        answer.feed(OK + b"Content-Length: %d\r\n\r\n" % (1 << 22) + b"x" * (1 << 22))
        assert len(answer.take().body) == 1 << 22
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 1 << 20
