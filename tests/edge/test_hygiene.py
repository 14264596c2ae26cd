"""Requests that two parties could read differently go no further than the edge."""

import pytest

from jobgateway.config.model import Limits
from support.edges import ASKED, BEARER, COOKIE, EXPLORER_LIST, GOOD_HEADERS, HOST, EdgeUnderTest, config_of

pytestmark = pytest.mark.anyio

REFUSED = {
    "no host": ((BEARER,), "no Host header"),
    "two hosts": ((HOST, HOST, BEARER), "repeated header: host"),
    "an empty host": (((b"host", b""), BEARER), "the Host header is not host[:port]"),
    "a host with a path": (((b"host", b"a.example/x"), BEARER), "the Host header is not host[:port]"),
    "a host with a user": (((b"host", b"u@a.example"), BEARER), "the Host header is not host[:port]"),
    "a host with a space": (((b"host", b"a.example b"), BEARER), "the Host header is not host[:port]"),
    "two hosts joined": (((b"host", b"a.example,b.example"), BEARER), "the Host header is not host[:port]"),
    "a host with a word for a port": (((b"host", b"a.example:http"), BEARER), "the Host header is not host[:port]"),
    "an open bracket": (((b"host", b"[::1"), BEARER), "the Host header is not host[:port]"),
    "a host that ends in a new line": (((b"host", b"a.example\n"), BEARER), "control character in a header"),
    "two credentials": ((HOST, BEARER, BEARER), "repeated header: authorization"),
    "two cookies": ((HOST, COOKIE, COOKIE), "repeated header: cookie"),
    "two lengths": (
        (*GOOD_HEADERS, (b"content-length", b"0"), (b"content-length", b"0")),
        "repeated header: content-length",
    ),
    "two types": (
        (*GOOD_HEADERS, (b"content-type", b"a/b"), (b"content-type", b"a/b")),
        "repeated header: content-type",
    ),
    "two codings": (
        (*GOOD_HEADERS, (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")),
        "repeated header: transfer-encoding",
    ),
    "a length and a coding": (
        (*GOOD_HEADERS, (b"content-length", b"5"), (b"transfer-encoding", b"chunked")),
        "Content-Length together with Transfer-Encoding",
    ),
}
ACCEPTED = {
    "a plain request": GOOD_HEADERS,
    "a host without a port": ((b"host", b"gateway"), BEARER),
    "a host with an empty port": ((b"host", b"gateway:"), BEARER),
    "an address": ((b"host", b"127.0.0.1:65535"), BEARER),
    "an IPv6 address": ((b"host", b"[::1]:8080"), BEARER),
    "an underscore, as Docker names hosts": ((b"host", b"job_gateway:80"), BEARER),
    "a tab in a value": (*GOOD_HEADERS, (b"user-agent", b"a\tb")),
    "bytes beyond ASCII in a value": (*GOOD_HEADERS, (b"user-agent", b"J\xfcrgen \xff")),
    "a list header said twice": (*GOOD_HEADERS, (b"accept", b"text/plain"), (b"accept", b"application/json")),
    "a chunked body": (*GOOD_HEADERS, (b"transfer-encoding", b"chunked")),
}


@pytest.mark.parametrize(("headers", "detail"), REFUSED.values(), ids=REFUSED)
async def test_an_ambiguous_head_is_refused_and_the_connection_ends(headers, detail):
    edge = EdgeUnderTest()

    answer = await edge.ask(EXPLORER_LIST, headers)

    assert (answer.status, answer.json()) == (400, {"code": 40004000, "message": f"ErrBadRequest::{detail}"})
    assert answer.value(b"connection") == b"close"
    assert not edge.seen


@pytest.mark.parametrize("headers", ACCEPTED.values(), ids=ACCEPTED)
async def test_an_unambiguous_head_is_served_and_the_connection_stays(headers):
    edge = EdgeUnderTest()

    answer = await edge.ask(headers=headers)

    assert answer.status == 200
    assert answer.value(b"connection") is None
    assert len(edge.seen) == 1


async def test_no_control_byte_passes_in_a_value():
    edge = EdgeUnderTest()

    for byte in (*range(9), *range(10, 32), 127):
        for place in (b"%bx", b"x%bx", b"x%b"):
            answer = await edge.ask(headers=(*GOOD_HEADERS, (b"x-note", place % bytes([byte]))))
            assert answer.status == 400, (byte, place)

    assert not edge.seen


@pytest.mark.parametrize("dialect", ASKED)
async def test_the_refusal_is_said_in_the_dialect_that_the_path_belongs_to(dialect):
    target, credential = ASKED[dialect]
    expected = {
        "openreplay-v2": {"error": "repeated header: host"},
        "openreplay-v1": {"errors": ["repeated header: host"]},
        "explorer": {"code": 40004000, "message": "ErrBadRequest::repeated header: host"},
    }

    answer = await EdgeUnderTest().ask(target, (HOST, HOST, credential))

    assert answer.json() == expected[dialect]


async def test_a_path_of_no_route_is_refused_as_a_problem():
    answer = await EdgeUnderTest().ask("/elsewhere", (HOST, HOST))

    assert answer.status == 400
    assert answer.value(b"content-type") == b"application/problem+json"
    assert answer.json()["detail"] == "repeated header: host"


@pytest.mark.parametrize("target", ["http://gateway.example/public/K/jobs", "*", "gateway.example:80", ""])
async def test_a_target_that_is_not_a_path_is_refused(target):
    scope = {"raw_path": target.encode()} if target else {"raw_path": b"x"}

    answer = await EdgeUnderTest().ask(target, **scope)

    assert answer.status == 400
    assert answer.json()["detail"] == "the request's target is not a path"


async def test_a_chunked_body_does_not_excuse_the_target():
    target = "http://gateway.example/public/K/jobs"

    answer = await EdgeUnderTest().ask(target, (*GOOD_HEADERS, (b"transfer-encoding", b"chunked")))

    assert answer.status == 400
    assert answer.json()["detail"] == "the request's target is not a path"


async def test_http_1_0_needs_no_host_but_knows_no_transfer_coding():
    edge = EdgeUnderTest()

    assert (await edge.ask(headers=(BEARER,), version="1.0")).status == 200
    coded = await edge.ask(headers=(BEARER, (b"transfer-encoding", b"chunked")), version="1.0")
    assert (coded.status, coded.json()) == (400, {"error": "Transfer-Encoding in HTTP/1.0"})
    assert (await edge.ask(headers=((b"host", b"?"), BEARER), version="1.0")).status == 400


async def measured(path, *headers):
    """The answer to a head, where heads of 200 bytes are taken and no larger ones."""
    edge = EdgeUnderTest(config_of(limits=Limits(request_head=200)))
    return await edge.ask(path, (HOST, COOKIE, *headers))


@pytest.mark.parametrize("grown", ["a value", "a name", "the query", "the number of headers"])
async def test_a_head_that_came_in_one_piece_is_measured_too(grown):
    fitting = len(f"GET {EXPLORER_LIST} HTTP/1.1\r\n\r\n") + sum(len(n) + len(v) + 4 for n, v in (HOST, COOKIE))
    room = 200 - fitting
    heads = {
        "a value": lambda size: (EXPLORER_LIST, (b"x", b"v" * (size - 5))),
        "a name": lambda size: (EXPLORER_LIST, (b"n" * (size - 5), b"v")),
        "the query": lambda size: (f"{EXPLORER_LIST}?{'q' * (size - 1)}",),
        "the number of headers": lambda size: (EXPLORER_LIST, *[(b"a", b"")] * 5, (b"x", b"v" * (size - 30))),
    }

    just_fits = await measured(*heads[grown](room))
    too_large = await measured(*heads[grown](room + 1))

    assert just_fits.status == 200
    assert too_large.status == 400
    assert too_large.json() == {"code": 40004000, "message": "ErrBadRequest::limits.request_head is 200 bytes"}
