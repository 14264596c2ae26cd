"""How the process starts and ends: its exit codes, and what becomes of requests under way."""

import asyncio
import io
import json
import signal
import socket
import sys

import httpx
import pytest

from jobgateway.edge.unawaited import teller
from jobgateway.observe.events import Events
from support.edges import V2_LIST
from support.running import BAD, DEMO, HeldBackend, Process, client, over

pytestmark = pytest.mark.anyio

CANCEL = f"{V2_LIST}/3451"


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


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_request_that_outlives_the_grace_is_told_so_in_its_dialect(tmp_path, workers):
    program = (sys.executable, "-c", "import sys; from jobgateway.edge.server import serve; sys.exit(serve(sys.argv[1], access_log=False, grace=1))", str(tmp_path / "gateway.yaml"))  # fmt: skip
    async with (
        HeldBackend(b"{}") as backend,
        Process(tmp_path, over(backend) + f"workers: {workers}\n", program=program) as process,
    ):
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


async def test_what_is_probably_not_meant_is_said_and_does_not_stop_the_start_or_a_reload(tmp_path):
    doubtful = DEMO.replace("backends:", "backends:\n  far: {dialect: explorer, url: http://far.example}")
    async with Process(tmp_path, doubtful) as process:
        await process.ready()
        process.tell(signal.SIGHUP)
        reload = await process.event("reload")

        warnings = [line.rstrip("\n") for line in process.said if ": warning: " in line and not line.startswith("{")]
        assert warnings
        assert reload["warnings"] == warnings
        assert reload["needs_restart"] == []
        assert await process.stop() == 0


async def test_errors_that_nobody_awaits_are_told_as_events_without_their_text():
    stream = io.BytesIO()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(teller(Events(stream)))

    loop.call_exception_handler({"message": "hush", "exception": ValueError("hush")})
    loop.call_exception_handler({"message": "hush"})

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["level"], first["errors"]) == (
        "loop_error",
        "error",
        [{"type": "ValueError", "frames": []}],
    )
    assert second["errors"] == []
    assert b"hush" not in stream.getvalue()
