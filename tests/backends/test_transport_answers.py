"""Every answer is the right one or a refusal, whatever the backend does."""

from __future__ import annotations

import tracemalloc

import anyio
import httpx
import pytest

from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Request, Response
from support.evil_backend import GOOD, EvilBackend
from support.transports import Carrying, Kind, carrying

pytestmark = pytest.mark.anyio

PATIENCE = 5.0


DIRECT_TELLS = {
    "/big_header=300000": Fault.UNREADABLE,
    "/endless_header": Fault.UNREADABLE,
    "/many_headers=15000": Fault.UNREADABLE,
    "/length_and_chunks": Fault.BROKEN,
    "/transfer=gzip": Fault.UNREADABLE,
    "/transfer=gzip,chunked": Fault.UNREADABLE,
    "/transfer=identity": Fault.UNREADABLE,
}
"""What is refused by both, but by another part of the one."""


async def ask(transport: Carrying, path: str) -> Response:
    with anyio.fail_after(PATIENCE):
        return await transport.send(Request("GET", path))


@pytest.mark.parametrize(
    "path",
    [
        "/ok",
        "/two",
        "/two_later=1",
        "/extra_line",
        "/cookie",
        "/informational_then_ok",
        "/coding=identity",
        "/chunks",
        "/no_length",
        "/idle_close",
        "/many_headers=98",
        "/big_header=30000",
        "/slow=0.01",
        "/version=1.0",
        "/length=14",
        "/length=000000000000000014",
    ],
)
async def test_what_is_odd_but_clear_is_answered(transport: Carrying, path: str):
    response = await ask(transport, path)
    assert (response.status, response.body) == (200, GOOD)


@pytest.mark.parametrize("path", ["/bare_lf", "/version=1.2"])
async def test_the_parser_of_the_direct_transport_is_stricter(transport: Carrying, path: str):
    if isinstance(transport, DirectTransport):
        with pytest.raises(TransportError) as caught:
            await ask(transport, path)
        assert caught.value.fault is Fault.BROKEN
    else:
        assert (await ask(transport, path)).body == GOOD


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/bomb=3", Fault.UNREADABLE),
        ("/nested", Fault.UNREADABLE),
        ("/coding=br", Fault.UNREADABLE),
        ("/coding=identity,gzip", Fault.UNREADABLE),
        ("/coding=x-unknown", Fault.UNREADABLE),
        ("/big_header=40000", Fault.UNREADABLE),
        ("/big_header=300000", Fault.BROKEN),
        ("/endless_header", Fault.BROKEN),
        ("/many_headers=99", Fault.UNREADABLE),
        ("/many_headers=15000", Fault.BROKEN),
        ("/length_and_chunks", Fault.UNREADABLE),
        ("/two_lengths", Fault.BROKEN),
        ("/length=-14", Fault.BROKEN),
        ("/length=+14", Fault.BROKEN),
        ("/length=14,3", Fault.BROKEN),
        ("/length=0x0e", Fault.BROKEN),
        ("/length=20001", Fault.UNREADABLE),
        ("/long_length=30", Fault.BROKEN),
        ("/long_length=9000", Fault.BROKEN),
        ("/large=20001", Fault.UNREADABLE),
        ("/endless", Fault.UNREADABLE),
        ("/crumbs=20001", Fault.UNREADABLE),
        ("/chunks_in_http10", Fault.UNREADABLE),
        ("/broken_chunks", Fault.BROKEN),
        ("/unfinished_chunks", Fault.BROKEN),
        ("/transfer=gzip", Fault.BROKEN),
        ("/transfer=gzip,chunked", Fault.BROKEN),
        ("/transfer=identity", Fault.BROKEN),
        ("/short", Fault.BROKEN),
        ("/http09", Fault.BROKEN),
        ("/version=2.0", Fault.UNREADABLE),
        ("/version=0.9", Fault.UNREADABLE),
        ("/status=999", Fault.UNREADABLE),
        ("/status=600", Fault.UNREADABLE),
        ("/status=101", Fault.BROKEN),
        ("/status=99", Fault.BROKEN),
        ("/status=2000", Fault.BROKEN),
        ("/status=-1", Fault.BROKEN),
        ("/garbage", Fault.BROKEN),
        ("/half_head", Fault.BROKEN),
        ("/close", Fault.BROKEN),
        ("/reset", Fault.BROKEN),
        ("/reset_midway", Fault.BROKEN),
    ],
)
async def test_what_is_wrong_is_refused(evil: EvilBackend, transport: Carrying, path: str, fault: Fault):
    with pytest.raises(TransportError) as caught:
        await ask(transport, path)
    told = DIRECT_TELLS if isinstance(transport, DirectTransport) else {}
    assert caught.value.fault is told.get(path, fault)
    assert await evil.all_closed()
    assert (await ask(transport, "/ok")).body == GOOD


async def test_a_body_of_exactly_the_cap_is_read(transport: Carrying):
    assert len((await ask(transport, "/large=20000")).body) == 20_000
    assert len((await ask(transport, "/crumbs=20000")).body) == 20_000


async def test_a_status_without_content_has_none(transport: Carrying):
    response = await ask(transport, "/no_content_with_body")
    assert response == Response(status=204, body=b"", media="")


async def test_of_the_headers_only_the_needed_ones_are_kept(transport: Carrying):
    response = await ask(transport, "/retry=7")
    assert response == Response(503, b"", "application/json", ((b"retry-after", b"7"),))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
async def test_a_redirect_is_an_answer_and_its_target_is_never_contacted(transport: Carrying, status: int):
    async with EvilBackend() as elsewhere:
        for location in (elsewhere.url + "/stolen", f"//127.0.0.1:{elsewhere.port}/stolen"):
            response = await ask(transport, f"/redirect={status},{location}")
            assert response.status == status
            assert response.headers == ()
        assert elsewhere.accepted == 0


@pytest.mark.parametrize("path", ["/two", "/two_later=0", "/two_later=5", "/no_content_with_body", "/extra_line"])
async def test_no_byte_behind_an_answer_reaches_another_request(evil: EvilBackend, transport: Carrying, path: str):
    poisoned = 0

    async def caller() -> None:
        nonlocal poisoned
        for _ in range(5):
            await ask(transport, path)
            poisoned += (await ask(transport, "/ok")).body != GOOD

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(caller)
    assert poisoned == 0
    assert evil.accepted == len(evil.seen) == 100


@pytest.mark.parametrize(
    "header", ["Content-Encoding:gzip", "Content-Length:20001", "Content-Length:9999999999999999999"]
)
async def test_a_body_that_will_not_be_taken_is_not_waited_for(transport: Carrying, header: str):
    with pytest.raises(TransportError) as caught:
        await ask(transport, f"/head_only={header}")
    assert caught.value.fault is Fault.UNREADABLE


@pytest.mark.parametrize("path", ["/endless", "/endless_header"])
async def test_an_endless_answer_costs_little_memory(transport: Carrying, path: str):
    await ask(transport, "/ok")
    tracemalloc.start()
    try:
        with pytest.raises(TransportError):
            await ask(transport, path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


async def test_a_client_that_keeps_its_connections_would_be_poisoned(evil: EvilBackend):
    """The control: what the test above looks for does happen to httpx's own client."""
    async with httpx.AsyncClient(trust_env=False) as client:
        with anyio.fail_after(PATIENCE):
            await client.get(evil.url + "/two")
            assert (await client.get(evil.url + "/ok")).content == b'{"poison": true}'


async def test_an_unreachable_backend_is_told_from_a_broken_one(kind: Kind):
    async with EvilBackend() as gone:
        url = gone.url
    async with carrying(kind, url) as transport:
        with pytest.raises(TransportError, match="the connection was refused") as caught:
            await ask(transport, "/ok")
    assert caught.value.fault is Fault.UNREACHABLE


async def test_a_host_that_has_no_address_is_unreachable(kind: Kind):
    async with carrying(kind, "http://nowhere.invalid") as transport:
        with pytest.raises(TransportError) as caught:
            await ask(transport, "/ok")
    assert caught.value.fault is Fault.UNREACHABLE
