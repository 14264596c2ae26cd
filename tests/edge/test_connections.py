"""Callers' connections as they are on the wire."""

import asyncio
import json

import pytest

from support.edges import PROJECT, V2_LIST
from support.running import DEMO, HeldBackend, Process, client, over, raw

pytestmark = pytest.mark.anyio

REQUEST = f"GET {V2_LIST} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Sesame42\r\n".encode()
LAST = REQUEST + b"Connection: close\r\n"


async def test_connections_beyond_the_limit_are_turned_away_and_the_others_served(tmp_path):
    async with Process(tmp_path, DEMO + "limits: {connections: 2}\n") as process:
        await process.ready()
        async with client(process) as one, client(process) as two:
            assert [(await each.get(V2_LIST)).status_code for each in (one, two)] == [200, 200]

            refused = await raw(process.port, REQUEST + b"\r\n")

            assert refused.startswith(b"HTTP/1.1 503 ")
            assert b"connection: close" in refused.lower()
            assert b'{"error":"limits.connections is 2"}' in refused
            assert await raw(process.port, b"") == b""  # one that says nothing is cut
            assert (await one.get(V2_LIST)).status_code == 200
        async with client(process) as three:
            for _ in range(200):
                if (await three.get(V2_LIST)).status_code == 200:
                    break
                await asyncio.sleep(0.02)
            assert (await three.get(V2_LIST)).status_code == 200


async def test_callers_who_hang_up_free_their_backend_connections(tmp_path):
    async with HeldBackend(b'{"data": []}') as backend, Process(tmp_path, over(backend)) as process:
        await process.ready()
        writers = []
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", process.port)
            writer.write(REQUEST + b"\r\n")
            writers.append(writer)
        for _ in writers:
            await backend.reached.acquire()

        for writer in writers:
            writer.transport.abort()

        for _ in writers:
            await asyncio.wait_for(backend.left.acquire(), 10)
        backend.go.set()
        async with client(process) as caller:
            assert [(await caller.get(V2_LIST)).status_code for _ in range(20)] == [200] * 20


NO_REQUESTS = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a version of its own": b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
    "two lengths": LAST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a space before the colon": LAST + b"X-A : b\r\n\r\n",
}


async def test_bytes_that_are_no_request_are_refused_as_a_problem_and_recorded(tmp_path):
    async with Process(tmp_path, DEMO + "limits: {request_head: 4KiB}\n") as process:
        await process.ready()
        for name, sent in NO_REQUESTS.items():
            head, _, body = (await raw(process.port, sent)).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400 "), name
            assert b"content-type: application/problem+json" in head
            assert b"connection: close" in head
            assert b"x-request-id: " in head
            assert json.loads(body)["status"] == 400
        flood = await raw(process.port, REQUEST + b"X-Long: " + b"a" * 5000)
        assert b'"detail":"limits.request_head is 4096 bytes"' in flood
        whole = await raw(process.port, REQUEST + b"X-Long: " + b"a" * 5000 + b"\r\n\r\n")
        assert whole.startswith(b"HTTP/1.1 400 ")
        assert await process.stop() == 0

    lines = [json.loads(line) for line in process.stdout.splitlines()]
    assert [(line["status"], line["reason"]) for line in lines] == [(400, "bad_request")] * (len(NO_REQUESTS) + 2)
    assert [json.loads(line)["event"] for line in process.said if line.startswith("{")] == ["drain", "stopped"]


@pytest.mark.parametrize("size", [70_000, 5_000_000])
async def test_who_sends_too_large_a_body_can_read_the_refusal_and_go_on(tmp_path, size):
    body = b"a" * size
    plain = REQUEST + b"Content-Length: %d\r\n\r\n" % size + body
    chunked = REQUEST + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size + body + b"\r\n0\r\n\r\n"
    async with Process(tmp_path, DEMO) as process:
        await process.ready()
        for sent in (plain, chunked):
            answers = await raw(process.port, sent + LAST + b"\r\n")
            assert answers.startswith(b"HTTP/1.1 413 ")
            assert b"limits.request_body is 65536 bytes" in answers
            assert answers.count(b"HTTP/1.1 200 ") == 1


HOSTILE = (b'"quotes"', b"back\\slash", b"\xff\xfe", b"{}", b"a\tb", b"%00%0a", b"</script>", b"\xe2\x80\xa8", b"'")


async def test_every_request_has_one_access_line_whatever_it_sends(tmp_path):
    last = LAST.replace(b"/jobs", b"/jobs?secret=Sesame43")
    names = (b"X-Request-Id", b"User-Agent", b"X-Forwarded-For", b"Cookie")
    async with Process(tmp_path, DEMO) as process:
        await process.ready()
        for value in HOSTILE:
            await raw(process.port, last + b"".join(name + b": " + value + b"\r\n" for name in names) + b"\r\n")
        assert await process.stop() == 0

    lines = [json.loads(line) for line in process.stdout.splitlines()]
    assert [line["status"] for line in lines] == [200] * len(HOSTILE)
    events = "".join(line for line in process.said if line.startswith("{"))
    for secret in ("Sesame", PROJECT, "quotes", "script"):
        assert secret not in process.stdout
        assert secret not in events
