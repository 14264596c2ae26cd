"""What reaches the backend: the very bytes of the target, a fixed set of headers, and nothing else."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway import __version__
from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.httpx_transport import HttpxTransport
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Headers, Request
from support.evil_backend import EvilBackend
from support.transports import Kind, carrying

PATIENCE = 5.0
CLOSING = {HttpxTransport: "Connection: close\r\n", DirectTransport: ""}
"""The one keeps no connection, and says so."""


async def heads(kind: Kind, prefix: str, *requests: Request) -> list[bytes]:
    """What a backend at that path prefix reads when these are sent."""
    async with EvilBackend() as backend, carrying(kind, backend.url + prefix, connections=2) as transport:
        with anyio.fail_after(PATIENCE):
            for request in requests:
                await transport.send(request)
        return [head.replace(str(backend.port).encode(), b"PORT") for head in backend.seen]


def targets(kind: Kind, prefix: str, *requests: Request) -> list[bytes]:
    return [head.split(b" ")[1] for head in asyncio.run(heads(kind, prefix, *requests))]


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/a/../b/./c", "", b"/a/../b/./c"),
        ("/%2e%2E/%2f%5c%00", "", b"/%2e%2E/%2f%5c%00"),
        ("/a//b///", "", b"/a//b///"),
        ("//other.example/x", "", b"//other.example/x"),
        ("/http://other.example/x", "", b"/http://other.example/x"),
        ("/@other.example", "u=a@b:80", b"/@other.example?u=a@b:80"),
        ("/a\\b|c{d}\"e'`^<>", "q=\\|{}\"'`^<>?/", b"/a\\b|c{d}\"e'`^<>?q=\\|{}\"'`^<>?/"),
        ("/a;b=1,c", "a=%7B%22b%22%3A+1%7D&a=%zz", b"/a;b=1,c?a=%7B%22b%22%3A+1%7D&a=%zz"),
    ],
)
def test_the_target_arrives_byte_for_byte(kind: Kind, path: str, query: str, target: bytes):
    assert targets(kind, "", Request("GET", path, query)) == [target]


VISIBLE = [chr(code) for code in range(0x21, 0x7F)]
PATHS = st.text(st.sampled_from([c for c in VISIBLE if c not in "?#"]), max_size=30).map("/".__add__)
QUERIES = st.text(st.sampled_from([c for c in VISIBLE if c != "#"]), max_size=30)


@settings(max_examples=15, deadline=None)
@given(prefix=PATHS.map(lambda path: path.rstrip("/")), pairs=st.lists(st.tuples(PATHS, QUERIES), max_size=5))
def test_any_target_arrives_byte_for_byte_behind_the_prefix(kind: Kind, prefix: str, pairs: list[tuple[str, str]]):
    requests = [Request("GET", path, query) for path, query in pairs]
    expected = [prefix + path + ("?" + query if query else "") for path, query in pairs]
    assert [target.decode() for target in targets(kind, prefix, *requests)] == expected


def test_a_request_says_a_fixed_set_of_headers(kind: Kind):
    (head,) = asyncio.run(heads(kind, "/api/", Request("GET", "/jobs", "a=1", ((b"authorization", b"Bearer x"),))))
    assert head.decode() == (
        "GET /api/jobs?a=1 HTTP/1.1\r\n"
        "Host: 127.0.0.1:PORT\r\n"
        "Accept: application/json, */*;q=0.1\r\n"
        f"User-Agent: jobgateway/{__version__}\r\n"
        "Accept-Encoding: identity\r\n"
        "authorization: Bearer x\r\n" + CLOSING[kind] + "\r\n"
    )


def test_what_the_request_says_stands_in_place_of_the_default(kind: Kind):
    headers = ((b"accept", b"text/plain"), (b"user-agent", b"me"), (b"x-a", b"1"), (b"x-a", b""), (b"x-b", b"\xe9 \t;"))
    (head,) = asyncio.run(heads(kind, "", Request("GET", "/", "", headers)))
    assert head.split(b"\r\n")[2:-2] == [
        b"Accept-Encoding: identity",
        b"accept: text/plain",
        b"user-agent: me",
        b"x-a: 1",
        b"x-a: ",
        b"x-b: \xe9 \t;",
        *CLOSING[kind].encode().splitlines(),
    ]


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("GET", b"", None),
        ("DELETE", b"", None),
        ("PUT", b"", b"0"),
        ("POST", b'{"a": 1}\r\n\r\nx', b"13"),
        ("DELETE", b"{}", b"2"),
    ],
)
def test_a_body_arrives_with_its_length(kind: Kind, method: str, body: bytes, length: bytes | None):
    (seen,) = asyncio.run(heads(kind, "", Request(method, "/", body=body)))
    head, _, rest = seen.partition(b"\r\n\r\n")
    assert head.startswith(method.encode() + b" / HTTP/1.1\r\n")
    assert rest == body
    assert [line[16:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")] == (
        [] if length is None else [length]
    )
    assert b"transfer-encoding" not in head.lower()


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "jobs"),
        Request("GET", ""),
        Request("GET", "http://other.example/"),
        Request("GET", "/a b"),
        Request("GET", "/a?b"),
        Request("GET", "/a#b"),
        Request("GET", "/é"),
        Request("GET", "/a\r\nX: 1"),
        Request("GET", "/a\n"),
        Request("GET", "/\x00"),
        Request("GET", "/\x7f"),
        Request("GET", "/", "a b"),
        Request("GET", "/", "a#b"),
        Request("GET", "/", "a=é"),
        Request("GET", "/", "a\n"),
        Request("GE T", "/"),
        Request("GET\n", "/"),
        Request("", "/"),
    ],
)
def test_a_target_that_cannot_be_said_is_not_sent(kind: Kind, request_: Request):
    assert refused_unsent(kind, request_).fault is Fault.UNSENDABLE


@pytest.mark.parametrize(
    "header",
    [
        (b"authorization", b"Bearer s3cret\r\nX-Injected: 1"),
        (b"authorization", b"Bearer s3cret\n"),
        (b"authorization", b"\x00s3cret"),
        (b"authorization", b"s3cret\x7f"),
        (b"authorization", b" s3cret"),
        (b"authorization", b"s3cret "),
        (b"x s3cret", b"1"),
        (b"x\r\ns3cret", b"1"),
        (b"x:s3cret", b"1"),
        (b"x: s3cret", b"1"),
        (b"x: s3cret: y", b"1"),
        (b"", b"s3cret"),
        (b"host", b"s3cret.example"),
        (b"Host", b"s3cret.example"),
        (b"content-length", b"5"),
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"s3cret"),
        (b"accept-encoding", b"gzip"),
        (b"te", b"trailers"),
        (b"expect", b"100-continue"),
        (b"upgrade", b"h2c"),
    ],
)
def test_a_header_that_cannot_be_said_is_not_sent(kind: Kind, header: tuple[bytes, bytes]):
    headers: Headers = (header,)
    failure = refused_unsent(kind, Request("GET", "/", "", headers))
    assert failure.fault is Fault.UNSENDABLE
    assert "s3cret" not in str(failure)


def refused_unsent(kind: Kind, request: Request) -> TransportError:
    """The error of a request that must fail without a connection."""

    async def send() -> TransportError:
        async with EvilBackend() as backend, carrying(kind, backend.url) as transport:
            with anyio.fail_after(PATIENCE), pytest.raises(TransportError) as caught:
                await transport.send(request)
            assert backend.accepted == 0
            return caught.value

    return asyncio.run(send())
