"""The gateway as a process: its start, its signals and its end."""

import asyncio
import json
import signal
import socket
import sys

import httpx
import pytest

from support.edges import PROJECT, V2_LIST
from support.running import HeldBackend, Process, raw

pytestmark = pytest.mark.anyio

PORTS = """
version: 1
listen: {host: 127.0.0.1, port: 0}
admin: {host: 127.0.0.1, port: 0}
"""
DEMO = (
    PORTS
    + """
backends:
  store: {dialect: openreplay-v2, url: "demo://"}
routes:
  - {dialect: openreplay-v2, backend: store}
"""
)
BAD = DEMO.replace("openreplay-v2, url", "openreplayv2, url").replace("version: 1", "version: 2")
KEY = {"authorization": "Bearer Sesame42"}
CANCEL = f"{V2_LIST}/3451"


def over(backend, *, more=""):
    return DEMO.replace("demo://", backend.url) + more


def client(process, **more):
    return httpx.AsyncClient(base_url=process.url, headers=KEY, timeout=30, trust_env=False, **more)


async def refuses_connections(port):
    """Wait until nobody listens on a port."""
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return True
        writer.close()
        await asyncio.sleep(0.02)
    return False


async def test_sigterm_lets_what_is_under_way_end_while_admin_stays(tmp_path):
    async with HeldBackend(b'{"data": []}') as backend, Process(tmp_path, over(backend)) as process:
        await process.ready()
        async with client(process) as caller, httpx.AsyncClient(base_url=process.admin) as admin:
            assert (await admin.get("/readyz")).status_code == 200
            asking = asyncio.create_task(caller.get(V2_LIST))
            await backend.reached.acquire()

            process.tell(signal.SIGTERM)
            assert (await process.event("drain"))["inflight"] == 1
            assert await refuses_connections(process.port)
            assert (await admin.get("/readyz")).status_code == 503
            assert (await admin.get("/livez")).status_code == 200
            backend.go.set()
            answer = await asking

        assert (answer.status_code, answer.json()) == (200, {"data": []})
        assert answer.headers["connection"] == "close"
        assert await process.end() == 0
    assert json.loads(process.said[-1])["event"] == "stopped"
    assert json.loads(process.said[-1])["unanswered"] == 0


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_the_process_at_once(tmp_path, first):
    async with HeldBackend(b"{}") as backend, Process(tmp_path, over(backend)) as process:
        await process.ready()
        async with client(process) as caller:
            asking = asyncio.create_task(caller.get(V2_LIST))
            await backend.reached.acquire()
            process.tell(first)
            await process.event("drain")

            process.tell(signal.SIGTERM)

            assert await process.end() == 128 + signal.SIGTERM
            with pytest.raises(httpx.TransportError):
                await asking


async def test_a_request_that_outlives_the_grace_is_told_so_in_its_dialect(tmp_path):
    program = (sys.executable, "-c", "import sys; from jobgateway.edge.server import serve; sys.exit(serve(sys.argv[1], access_log=False, grace=1))", str(tmp_path / "gateway.yaml"))  # fmt: skip
    async with HeldBackend(b"{}") as backend, Process(tmp_path, over(backend), program=program) as process:
        await process.ready()
        async with client(process) as caller:
            asking = asyncio.create_task(caller.delete(CANCEL))
            await backend.reached.acquire()

            process.tell(signal.SIGTERM)
            answer = await asking

        assert (answer.status_code, answer.json()) == (
            504,
            {"error": "the gateway stopped before the backend answered"},
        )
        assert await process.end() == 0


async def test_reloads_good_and_bad_lose_no_request_of_keep_alive_callers(tmp_path):
    async with Process(tmp_path, DEMO, "--no-access-log") as process:
        await process.ready()
        stop, counts = asyncio.Event(), []

        async def keep_asking():
            async with client(process) as caller:
                answered = 0
                while not stop.is_set():
                    answer = await caller.get(V2_LIST)
                    assert answer.status_code == 200
                    answered += 1
                counts.append(answered)

        async with asyncio.TaskGroup() as callers, httpx.AsyncClient(base_url=process.admin) as admin:
            for _ in range(4):
                callers.create_task(keep_asking())
            for good in (True, False, True, False, False, True):
                process.path.write_text(DEMO + "# again\n" if good else BAD)
                process.tell(signal.SIGHUP)
                event = await process.event("reload")
                metrics = (await admin.get("/metrics")).text
                assert event["outcome"] == ("done" if good else "refused")
                assert f"jobgateway_config_last_reload_successful {float(good)}" in metrics
                assert (await admin.get("/readyz")).status_code == 200
            stop.set()

        assert min(counts) > 0
        assert await process.stop() == 0


async def test_a_refused_reload_names_every_finding_and_keeps_what_was(tmp_path):
    async with Process(tmp_path, DEMO) as process:
        await process.ready()
        process.path.write_text(BAD)

        process.tell(signal.SIGHUP)
        event = await process.event("reload")

        assert event["level"] == "error"
        assert len(event["findings"]) == 2
        assert all(finding.startswith(str(process.path)) for finding in event["findings"])
        async with client(process) as caller:
            assert (await caller.get(V2_LIST)).status_code == 200


async def test_a_reload_changes_routes_at_once_and_says_what_needs_a_restart(tmp_path):
    async with Process(tmp_path, DEMO) as process:
        await process.ready()
        moved = DEMO.replace("backend: store}", "backend: store, prefix: /moved}").replace("port: 0", "port: 1", 1)
        process.path.write_text(moved + "limits: {connections: 5}\n")

        process.tell(signal.SIGHUP)
        event = await process.event("reload")

        assert event["needs_restart"] == ["listen", "limits.connections"]
        async with client(process) as caller:
            assert (await caller.get("/moved" + V2_LIST)).status_code == 200
            assert (await caller.get(V2_LIST)).status_code == 404


async def test_a_bad_file_at_the_start_is_told_whole_and_ends_with_78(tmp_path):
    async with Process(tmp_path, BAD) as process:
        assert await process.end() == 78

    assert len(process.said) == 2
    assert all(line.startswith(str(process.path)) for line in process.said)


async def test_an_address_in_use_ends_with_69(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with Process(tmp_path, DEMO.replace("port: 0", f"port: {port}", 1)) as process:
            assert await process.end() == 69

    assert process.said == [f"jobgateway: cannot listen on 127.0.0.1 port {port}: Address already in use\n"]


async def test_connections_beyond_the_limit_are_turned_away_and_the_others_served(tmp_path):
    request = f"GET {V2_LIST} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\n\r\n".encode()
    async with Process(tmp_path, DEMO + "limits: {connections: 2}\n") as process:
        await process.ready()
        async with client(process) as one, client(process) as two:
            assert [(await each.get(V2_LIST)).status_code for each in (one, two)] == [200, 200]

            refused = await raw(process.port, request)

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
            writer.write(f"GET {V2_LIST} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\n\r\n".encode())
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


async def test_every_request_has_one_access_line_whatever_it_sends(tmp_path):
    hostile = [b'"quotes"', b"back\\slash", b"\xff\xfe", b"{}", b"a\tb", b"%00%0a", b"</script>", b"\xe2\x80\xa8", b"'"]
    target = f"{V2_LIST}?secret=Sesame43"
    async with Process(tmp_path, DEMO) as process:
        await process.ready()
        for value in hostile:
            head = (
                f"GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Sesame42\r\nConnection: close\r\n".encode()
            )
            names = (b"X-Request-Id", b"User-Agent", b"X-Forwarded-For", b"Cookie")
            await raw(process.port, head + b"".join(name + b": " + value + b"\r\n" for name in names) + b"\r\n")
        await raw(process.port, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert await process.stop() == 0

    lines = [json.loads(line) for line in process.stdout.splitlines()]
    assert [line["status"] for line in lines] == [200] * len(hostile) + [400]
    for secret in ("Sesame", PROJECT, "quotes", "script"):
        assert secret not in process.stdout
        assert secret not in "".join(line for line in process.said if line.startswith("{"))
