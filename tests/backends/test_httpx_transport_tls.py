"""Certificates are verified: chain and host name, against the system's authorities or the configured file."""

from __future__ import annotations

import ssl
from pathlib import Path

import anyio
import pytest

from jobgateway.backends.httpx_transport import HttpxTransport
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Request
from support.evil_backend import GOOD, EvilBackend

pytestmark = pytest.mark.anyio

CERTIFICATES = Path(__file__).with_name("certificates")
AUTHORITY = str(CERTIFICATES / "authority.pem")
PATIENCE = 5.0


def server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "localhost.pem")
    return context


async def refused(url: str, ca_file: str | None) -> TransportError:
    transport = HttpxTransport(url, connections=1, largest_body=1000, ca_file=ca_file)
    with anyio.fail_after(PATIENCE), pytest.raises(TransportError) as caught:
        await transport.send(Request("GET", "/ok"))
    return caught.value


async def test_a_backend_of_the_configured_authority_is_asked():
    async with EvilBackend(server_side()) as backend:
        transport = HttpxTransport(
            f"https://localhost:{backend.port}", connections=1, largest_body=1000, ca_file=AUTHORITY
        )
        with anyio.fail_after(PATIENCE):
            assert (await transport.send(Request("GET", "/ok"))).body == GOOD
            assert (await transport.send(Request("GET", "/chunks"))).body == GOOD
            assert await backend.all_closed()


async def test_a_backend_of_an_unknown_authority_is_not_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", AUTHORITY)
    monkeypatch.setenv("SSL_CERT_DIR", str(CERTIFICATES))
    async with EvilBackend(server_side()) as backend:
        error = await refused(f"https://localhost:{backend.port}", None)
        assert (error.fault, str(error)) == (Fault.UNREACHABLE, "the certificate is not trusted")
        assert backend.seen == []


async def test_a_backend_with_a_certificate_for_another_host_is_not_asked():
    async with EvilBackend(server_side()) as backend:
        error = await refused(f"https://127.0.0.1:{backend.port}", AUTHORITY)
        assert (error.fault, str(error)) == (Fault.UNREACHABLE, "the certificate is not trusted")
        assert backend.seen == []


async def test_a_backend_that_does_not_speak_tls_is_not_asked():
    async with anyio.create_task_group() as tasks:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

        async def say_something_else(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        tasks.start_soon(listener.serve, say_something_else)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        error = await refused(f"https://localhost:{port}", AUTHORITY)
        assert (error.fault, str(error)) == (Fault.UNREACHABLE, "TLS could not be agreed on")
        tasks.cancel_scope.cancel()
    await listener.aclose()


async def test_a_file_of_authorities_that_cannot_be_read_is_told_at_once(tmp_path: Path):
    empty = tmp_path / "empty.pem"
    empty.touch()
    for ca_file, error in ((tmp_path / "missing.pem", FileNotFoundError), (empty, ssl.SSLError)):
        with pytest.raises(error):
            HttpxTransport("https://localhost", connections=1, largest_body=1000, ca_file=str(ca_file))
