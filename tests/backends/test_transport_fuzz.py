"""Whatever bytes a backend sends, they are an answer within the caps or a refusal in our words."""

from __future__ import annotations

import asyncio

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.backends.transport import TransportError
from jobgateway.translation.wire import Request, Response
from support.evil_backend import GOOD, EvilBackend
from support.transports import KINDS, Kind, carrying

PATIENCE = 10.0
LARGEST_BODY = 64

VERSIONS = st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.9", b"HTTP/2.0", b"HTTP/1.10", b"http/1.1", b"ICY", b""])
STATUSES = st.integers(-1, 1100).map(lambda status: b"%03d" % status)
NAMES = st.sampled_from(
    [b"Content-Length", b"Transfer-Encoding", b"Content-Encoding", b"Content-Type", b"Retry-After", b"Connection", b"X"]
)
VALUES = st.sampled_from(
    [
        b"0",
        b"14",
        b"15",
        b"65",
        b"-1",
        b"1e1",
        b"chunked",
        b"identity",
        b"gzip",
        b"close",
        b"\x00",
        b"\xff",
        b"a/b",
        b"",
    ]
)
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n "])
LINES = st.tuples(NAMES, st.sampled_from([b": ", b":", b" : ", b""]), VALUES, ENDS).map(b"".join)
BODIES = (
    st.sampled_from([GOOD, b"", b"e\r\n" + GOOD + b"\r\n0\r\n\r\n", b"ff\r\n", b"-1\r\n\r\n", b"x" * 65]) | st.binary()
)
ANSWERS = st.tuples(
    VERSIONS, st.just(b" "), STATUSES, st.sampled_from([b" OK\r\n", b"\r\n", b" \xff\n", b" \x00\r\n"]),
    st.lists(LINES, max_size=4).map(b"".join), st.sampled_from([b"\r\n", b"\n", b""]), BODIES,
).map(b"".join)  # fmt: skip
STREAMS = st.lists(ANSWERS | st.binary(max_size=40), min_size=1, max_size=3).map(b"".join)


Outcome = Response | TransportError


async def ask_all(kind: Kind, streams: list[bytes]) -> list[Outcome]:
    """What becomes of a request for each of these answers; another one is answered as ever afterwards."""
    outcomes: list[Outcome] = []
    async with EvilBackend() as backend:
        async with carrying(kind, backend.url, largest_body=LARGEST_BODY) as transport:
            for stream in streams:
                with anyio.fail_after(PATIENCE):
                    try:
                        outcomes.append(await transport.send(Request("GET", f"/raw={stream.hex()}")))
                    except TransportError as refusal:
                        outcomes.append(refusal)
            assert (await transport.send(Request("GET", "/ok"))).body == GOOD
        assert await backend.all_closed()
    return outcomes


@settings(max_examples=15, deadline=None)
@given(streams=st.lists(STREAMS, min_size=4, max_size=8))
def test_any_bytes_are_an_answer_or_a_refusal(kind: Kind, streams: list[bytes]):
    for outcome in asyncio.run(ask_all(kind, streams)):
        if isinstance(outcome, TransportError):
            assert str(outcome)
        else:
            assert 200 <= outcome.status <= 599
            assert len(outcome.body) <= LARGEST_BODY
            assert {name for name, _ in outcome.headers} <= {b"retry-after"}


@settings(max_examples=15, deadline=None)
@given(streams=st.lists(STREAMS, min_size=4, max_size=8))
def test_where_both_transports_take_an_answer_they_read_the_same(streams: list[bytes]):
    """Two parsers that nobody wrote together: what both take, both take for the same."""
    for one, other in zip(*[asyncio.run(ask_all(kind, streams)) for kind in KINDS.values()], strict=True):
        if isinstance(one, Response) and isinstance(other, Response):
            assert (one.status, one.body, one.media) == (other.status, other.body, other.media)
