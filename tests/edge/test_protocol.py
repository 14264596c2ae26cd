"""The protocol of callers' connections, over real sockets in this process: what comes out for what bytes go in."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from jobgateway.config.model import Limits
from support.edges import V2_LIST, Gate
from support.served import GET, LAST, Served

pytestmark = pytest.mark.anyio


async def test_one_request_is_answered_with_its_length_and_the_connection_ends_when_asked():
    async with Served() as served:
        said = await served.talk(LAST)

    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\ndate: today\r\n")
    assert b"connection: close" in head
    assert b"content-length: %d" % len(body) in head
    assert json.loads(body)["data"]


async def test_a_request_that_comes_byte_by_byte_is_the_same_request():
    async with Served() as served:
        whole = await served.talk(LAST)
        single = await served.talk(*[LAST[index : index + 1] for index in range(len(LAST))], pause=0)

    assert whole.partition(b"\r\n\r\n")[2] == single.partition(b"\r\n\r\n")[2]


async def test_pipelined_requests_are_answered_in_order_each_with_its_own_id():
    asked = [GET + b"X-Request-Id: id-%d\r\n\r\n" % number for number in range(300)]
    async with Served() as served:
        said = await served.talk(b"".join(asked), LAST)

    ids = [line for line in said.split(b"\r\n") if line.startswith(b"x-request-id: id-")]
    assert ids == [b"x-request-id: id-%d" % number for number in range(300)]
    assert said.count(b"HTTP/1.1 200 OK") == 301


async def test_what_is_pipelined_behind_a_bad_request_is_not_answered():
    async with Served() as served:
        said = await served.talk(GET + b"\r\n" + b"GET \x00 HTTP/1.1\r\n\r\n" + LAST)

    assert said.count(b"HTTP/1.1 ") <= 2
    assert said.count(b"HTTP/1.1 200") <= 1


@pytest.mark.parametrize("body", [b"hello", b"HELLO", b"a\r\nGET  / HTTP/1.1\r\n", b"GET / RTSP/1.0\r\n"])
@pytest.mark.parametrize("loose", [b"GET  / HTTP/1.1\r\n", b"GET / RTSP/1.1\r\n"], ids=["spaces", "another protocol"])
async def test_a_request_line_behind_a_body_is_looked_at_however_the_body_ends_and_in_whatever_pieces(
    body: bytes, loose: bytes
):
    stream = GET + b"Content-Length: %d\r\n\r\n" % len(body) + body + loose
    async with Served() as served:
        for size in (1, 7, len(stream)):
            said = await served.talk(*[stream[at : at + size] for at in range(0, len(stream), size)], pause=0)
            assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"400"], size


async def test_the_answer_to_head_has_no_body():
    async with Served() as served:
        said = await served.talk(LAST.replace(b"GET", b"HEAD", 1))

    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert b"allow: GET" in head
    assert body == b""


async def test_who_expects_100_is_told_to_go_on_and_then_answered():
    async with Served() as served:
        head = LAST.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        said = await served.talk(head, b"abc", pause=0.05)

    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


async def test_who_expects_100_with_too_large_a_body_is_refused_before_it_is_sent():
    async with Served() as served:
        head = GET + b"Content-Length: 70000\r\nExpect: 100-continue\r\n\r\n"
        said = await served.talk(head)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"limits.request_body" in said
    assert b"100 Continue" not in said


async def test_who_expects_100_behind_another_request_is_told_to_go_on_once_that_is_answered():
    async with Served() as served:
        head = LAST.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        said = await served.talk(GET + b"\r\n" + head, b"abc", pause=0.05)

    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"100", b"200"]


async def test_who_expects_100_behind_another_request_with_too_large_a_body_is_refused_before_it_is_sent():
    async with Served() as served:
        said = await served.talk(GET + b"\r\n" + GET + b"Content-Length: 70000\r\nExpect: 100-continue\r\n\r\n")

    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"413"]


@pytest.mark.parametrize(
    "line", [b"Upgrade: h2c\r\nConnection: upgrade\r\n", b"Upgrade: websocket\r\nConnection: upgrade\r\n"]
)
async def test_no_protocol_is_switched_to(line: bytes):
    async with Served() as served:
        said = await served.talk(GET + line + b"\r\n")

    assert said.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in said


async def test_http_1_0_is_answered_and_closed():
    async with Served() as served:
        said = await served.talk(GET.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n")

    assert said.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in said


@pytest.mark.parametrize(
    "target",
    [b"http://other.test/public/x/jobs", b"other.test:443", b"*", b"public/x/jobs"],
    ids=lambda target: target.decode(),
)
async def test_only_paths_are_targets(target: bytes):
    async with Served() as served:
        said = await served.talk(LAST.replace(V2_LIST.encode(), target))

    assert said.startswith(b"HTTP/1.1 400 ")
    assert not served.edge.seen


async def test_a_head_that_never_ends_is_refused_at_the_limit():
    async with Served(config={"limits": Limits(request_head=2048)}) as served:
        said = await served.talk(GET, b"".join(b"X-%d: %s\r\n" % (number, b"a" * 90) for number in range(25)))

    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"limits.request_head is 2048 bytes" in said


async def test_more_headers_than_are_taken_are_refused():
    async with Served() as served:
        said = await served.talk(GET + b"".join(b"X-%d: 1\r\n" % number for number in range(120)) + b"\r\n")

    assert said.startswith(b"HTTP/1.1 400 ")


async def test_a_caller_who_goes_away_ends_the_work_for_it():
    gate = Gate()
    async with Served(gate=gate) as served:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(GET + b"\r\n")
        await asyncio.wait_for(gate.reached.wait(), 5)
        writer.transport.abort()
        await asyncio.wait_for(gate.left_early.wait(), 5)
        await asyncio.gather(*served.state.tasks)

    assert served.edge.kept.requests[0].status == 499


async def test_a_caller_who_goes_away_in_the_turn_of_its_request_leaves_nothing_for_a_drain_to_wait_for():
    async with Served() as served:
        _, writer = await served.connect()
        while not served.state.connections:  # noqa: ASYNC110, nothing tells of it
            await asyncio.sleep(0)
        (connection,) = served.state.connections
        connection.data_received(GET + b"\r\n")
        connection.connection_lost(None)
        await asyncio.sleep(0.01)
        left = set(served.state.tasks)
        writer.close()

    assert left == set()


async def test_the_connection_that_is_one_too_many_is_turned_away_in_the_dialect():
    gate = Gate()
    async with Served(config={"limits": Limits(connections=1)}, gate=gate) as served:
        _, writer = await served.connect()
        writer.write(GET + b"\r\n")
        await asyncio.wait_for(gate.reached.wait(), 5)
        said = await served.talk(GET + b"\r\n")
        writer.close()

    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"connection: close" in said
    assert b"limits.connections is 1" in said


async def test_a_server_that_stops_lets_the_answer_under_way_go_out():
    gate = Gate()
    async with Served(gate=gate) as served:
        asking = asyncio.create_task(served.talk(GET + b"\r\n"))
        await asyncio.wait_for(gate.reached.wait(), 5)
        for connection in list(served.state.connections):
            connection.shutdown()
        gate.open.set()
        said = await asking

    assert said.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in said
