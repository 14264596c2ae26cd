"""Certificates are verified: chain and host name, against the system's authorities or the configured file."""

from __future__ import annotations

import ssl
from pathlib import Path

import anyio
import pytest

from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.building import build_backend
from jobgateway.config.model import Backend, Config, KeyPair, Tls
from jobgateway.config.pem import PemError
from jobgateway.translation.wire import Request
from support.certificates import authority, pair
from support.evil_backend import GOOD, EvilBackend
from support.gateways import DIALECTS
from support.transports import Kind, both_loops, carrying, trust

pytestmark = pytest.mark.anyio

CERTIFICATES = Path(__file__).with_name("certificates")
AUTHORITY = str(CERTIFICATES / "authority.pem")
PATIENCE = 5.0


def server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "localhost.pem")
    return context


async def refused(kind: Kind, url: str, ca_file: str | None) -> TransportError:
    async with carrying(kind, url, tls=Tls(ca_file)) as transport:
        with anyio.fail_after(PATIENCE), pytest.raises(TransportError) as caught:
            await transport.send(Request("GET", "/ok"))
    return caught.value


@both_loops
async def test_one_handshake_is_enough_for_many_requests_over_a_kept_connection():
    async with EvilBackend(server_side()) as backend:
        url = f"https://localhost:{backend.port}"
        async with carrying(DirectTransport, url, connections=2, tls=Tls(AUTHORITY)) as transport:
            trust(transport._pool._manners)
            with anyio.fail_after(PATIENCE):
                for _ in range(10):
                    assert (await transport.send(Request("GET", "/ok"))).body == GOOD
                    await anyio.lowlevel.checkpoint()
        assert (len(backend.seen), backend.accepted) == (10, 1)


@both_loops
async def test_a_backend_of_the_configured_authority_is_asked(kind: Kind):
    async with EvilBackend(server_side()) as backend:
        url = f"https://localhost:{backend.port}"
        async with carrying(kind, url, tls=Tls(AUTHORITY)) as transport:
            with anyio.fail_after(PATIENCE):
                for path in ("/ok", "/chunks", "/large=900", "/no_length", "/ok"):
                    assert (await transport.send(Request("GET", path))).body in (GOOD, b"x" * 900)
        assert await backend.all_closed()


async def test_a_backend_of_an_unknown_authority_is_not_asked(kind: Kind, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", AUTHORITY)
    monkeypatch.setenv("SSL_CERT_DIR", str(CERTIFICATES))
    async with EvilBackend(server_side()) as backend:
        error = await refused(kind, f"https://localhost:{backend.port}", None)
        assert (error.fault, str(error)) == (Fault.UNREACHABLE, "the certificate is not trusted")
        assert backend.seen == []


async def test_a_backend_with_a_certificate_for_another_host_is_not_asked(kind: Kind):
    async with EvilBackend(server_side()) as backend:
        error = await refused(kind, f"https://127.0.0.1:{backend.port}", AUTHORITY)
        assert (error.fault, str(error)) == (Fault.UNREACHABLE, "the certificate is not trusted")
        assert backend.seen == []


async def test_a_backend_that_does_not_speak_tls_is_not_asked(kind: Kind):
    async with anyio.create_task_group() as tasks:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

        async def say_something_else(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        tasks.start_soon(listener.serve, say_something_else)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        error = await refused(kind, f"https://localhost:{port}", AUTHORITY)
        assert (error.fault, str(error)) == (Fault.UNREACHABLE, "TLS could not be agreed on")
        tasks.cancel_scope.cancel()
    await listener.aclose()


def wanting_a_certificate() -> ssl.SSLContext:
    context = server_side()
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)
    return context


async def test_a_backend_that_wants_a_certificate_is_shown_the_configured_one(kind: Kind, tmp_path: Path):
    certificate, key = pair(tmp_path, "client")
    async with EvilBackend(wanting_a_certificate()) as backend:
        shown = KeyPair(str(certificate), str(key))
        url = f"https://localhost:{backend.port}"
        async with carrying(kind, url, tls=Tls(AUTHORITY, shown)) as transport:
            with anyio.fail_after(PATIENCE):
                assert (await transport.send(Request("GET", "/ok"))).body == GOOD
        assert len(backend.seen) == 1


async def test_a_backend_that_wants_a_certificate_answers_nobody_who_has_none(kind: Kind):
    async with EvilBackend(wanting_a_certificate()) as backend:
        url = f"https://localhost:{backend.port}"
        async with carrying(kind, url, tls=Tls(AUTHORITY)) as transport:
            with anyio.fail_after(PATIENCE), pytest.raises(TransportError):
                await transport.send(Request("GET", "/ok"))
        assert backend.seen == []


async def test_nothing_that_would_decrypt_the_traffic_is_written_down(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log = tmp_path / "keys.log"
    async with EvilBackend(server_side()) as backend:
        monkeypatch.setenv("SSLKEYLOGFILE", str(log))
        async with carrying(kind, f"https://localhost:{backend.port}", tls=Tls(AUTHORITY)) as transport:
            with anyio.fail_after(PATIENCE):
                assert (await transport.send(Request("GET", "/ok"))).body == GOOD
    assert not log.exists()


@pytest.mark.parametrize("transport", ["direct", "httpx"])
async def test_what_the_configuration_says_of_a_backends_tls_reaches_its_transport(tmp_path: Path, transport: str):
    certificate, key = pair(tmp_path, "client")
    async with EvilBackend(wanting_a_certificate()) as backend:
        tls = Tls(AUTHORITY, KeyPair(str(certificate), str(key)))
        url = f"https://localhost:{backend.port}"
        settings = Backend("only", "acme", url, transport=transport, tls=tls)  # type: ignore[arg-type]
        dialect = next(iter(DIALECTS.values()))
        made = build_backend(Config({"only": settings}, (), {}), settings, dialect).transport
        with anyio.fail_after(PATIENCE):
            assert (await made.send(Request("GET", "/ok"))).body == GOOD
        await made.aclose()


async def test_a_file_of_authorities_that_cannot_be_read_is_told_at_once(kind: Kind, tmp_path: Path):
    empty = tmp_path / "empty.pem"
    empty.touch()
    for ca_file in (tmp_path / "missing.pem", empty):
        with pytest.raises(PemError):
            kind("https://localhost", connections=1, largest_body=1000, tls=Tls(str(ca_file)))
