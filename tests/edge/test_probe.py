"""The probe asks a running server, and serving any application ends as it is told."""

import asyncio
import signal
import socket
import sys

import pytest

from jobgateway.edge.probe import probe
from support.running import DEMO, Process

pytestmark = pytest.mark.anyio

SERVE_APP = """
import sys
from jobgateway.edge.server import serve_app

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": int(sys.argv[1]), "headers": []})
    await send({"type": "http.response.body", "body": b""})

def ready(host, port):
    print(f"on http://{host}:{port}", file=sys.stderr, flush=True)

sys.exit(serve_app(app, "127.0.0.1", int(sys.argv[2]), ready))
"""


def served(status, port=0):
    """A program that serves an application which always answers with this status."""
    return (sys.executable, "-c", SERVE_APP, str(status), str(port))


async def ask(url):
    host, _, port = url.removeprefix("http://").partition(":")
    return await asyncio.to_thread(probe, host, int(port))


async def test_a_running_gateway_is_ready(tmp_path):
    async with Process(tmp_path, DEMO) as process:
        await process.ready()

        assert await ask(process.admin)


@pytest.mark.parametrize("status", [503, 404, 302])
async def test_any_other_answer_is_not_ready(tmp_path, status):
    async with Process(tmp_path, DEMO, program=served(status)) as process:
        await process.ready()

        assert not await ask(process.url)


def test_nobody_there_is_not_ready():
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    assert not probe("127.0.0.1", port)


async def test_something_that_is_not_http_is_not_ready(tmp_path):
    async def babble(_reader, writer):
        writer.write(b"220 ready\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        assert not await asyncio.to_thread(probe, "127.0.0.1", port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_application_is_served_until_told_to_stop(tmp_path, number):
    async with Process(tmp_path, DEMO, program=served(200)) as process:
        await process.ready()
        assert await ask(process.url)

        process.tell(number)

        assert await process.end() == 0


async def test_an_application_on_an_address_in_use_ends_with_69(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with Process(tmp_path, DEMO, program=served(200, taken.getsockname()[1])) as process:
            assert await process.end() == 69
