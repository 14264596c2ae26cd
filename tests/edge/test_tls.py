"""TLS towards callers: what is agreed on, and certificates that change under way; in one process and in two."""

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import ssl
import sys

import httpx
import pytest

from jobgateway.config.model import KeyPair
from jobgateway.edge import accepting
from jobgateway.edge.accepting import Acceptor
from jobgateway.edge.certificate import Certificate
from jobgateway.edge.renewal import Renewal
from jobgateway.edge.standing import Standing
from jobgateway.observe.events import Events
from support.certificates import client_side, fingerprint, pair, replace
from support.edges import V2_LIST
from support.kept import REQUEST, Caller
from support.running import DEMO, PATIENCE, HeldBackend, Process, over, raw

pytestmark = pytest.mark.anyio

TLS = "listen: {host: 127.0.0.1, port: 0, tls: {certificate: tls.crt, key: tls.key}}"
CLOSING = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
in_one_and_in_two = pytest.mark.parametrize(
    "workers",
    [1, pytest.param(2, marks=pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"))],
)


def secured(text=DEMO, workers=1):
    return text.replace("listen: {host: 127.0.0.1, port: 0}", TLS) + f"workers: {workers}\n"


class Shown(Caller):
    """A caller's connection, and what it was shown when it began."""

    async def connect(self, process, context=None, name="localhost"):
        await super().connect(process, ssl=context or client_side(), server_hostname=name)
        self.tls = self.writer.get_extra_info("ssl_object")
        self.shown = hashlib.sha256(self.tls.getpeercert(binary_form=True)).hexdigest()
        return self


async def shown(process, times=1, **more):
    """The certificates that so many new connections are shown."""
    found = []
    for _ in range(times):
        caller = await Shown().connect(process, **more)
        assert await caller.ask() == 200
        await caller.leave()
        found.append(caller.shown)
    return set(found)


@in_one_and_in_two
async def test_callers_are_answered_over_tls_and_told_so_in_the_banner(tmp_path, workers):
    certificate, _ = pair(tmp_path)
    async with Process(tmp_path, secured(workers=workers)) as process:
        await process.ready()

        assert process.url == f"https://127.0.0.1:{process.port}"
        assert await shown(process) == {fingerprint(certificate)}
        async with httpx.AsyncClient(verify=client_side(), trust_env=False, base_url=process.url) as caller:
            for _ in range(2):
                answer = await caller.get(V2_LIST, headers={"authorization": "Bearer Sesame42"})
                assert (answer.status_code, len(answer.json()["data"])) == (200, 2)
        async with httpx.AsyncClient(trust_env=False) as admin:
            assert (await admin.get(f"{process.admin}/readyz")).status_code == 200
        assert await process.stop() == 0
    assert f"curl -H 'Authorization: Bearer demo' 'https://127.0.0.1:{process.port}/public/" in "".join(process.said)


async def test_http_1_1_is_agreed_on_whatever_else_is_offered_over_tls_1_2_and_newer(tmp_path):
    pair(tmp_path)
    async with Process(tmp_path, secured()) as process:
        await process.ready()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = client_side()
            context.minimum_version = context.maximum_version = version
            context.set_alpn_protocols(["h2", "http/1.1"])
            caller = await Shown().connect(process, context)
            assert (caller.tls.selected_alpn_protocol(), caller.tls.version()) == (
                "http/1.1",
                version.name.replace("_", "."),
            )
            assert await caller.ask() == 200
            await caller.leave()

        old = client_side()
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(OSError, match=r"^$|PROTOCOL_VERSION"):  # the alert is sent, or lost in the reset
            await Shown().connect(process, old)
        assert await process.stop() == 0


@in_one_and_in_two
async def test_who_does_not_speak_tls_gets_no_answer_and_harms_nobody(tmp_path, workers):
    pair(tmp_path)
    async with Process(tmp_path, secured(workers=workers)) as process:
        await process.ready()
        for garbage in (REQUEST, b"\x16\x03\x01\x02\x00\x01" + bytes(600)):
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in await raw(process.port, garbage)
        assert len(await shown(process)) == 1
        assert await process.stop() == 0
    assert not [line for line in process.said if '"level":"error"' in line]


@in_one_and_in_two
async def test_a_certificate_that_was_renewed_is_shown_and_no_connection_notices(tmp_path, workers):
    certificate, _ = pair(tmp_path)
    first = fingerprint(certificate)
    async with Process(tmp_path, secured(workers=workers)) as process:
        await process.ready()
        kept = [await Shown().connect(process) for _ in range(8)]
        assert [await each.ask() for each in kept] == [200] * 8

        pair(tmp_path)
        told = await process.event("certificate")
        second = fingerprint(certificate)

        assert (told["outcome"], told["sha256"], first != second) == ("renewed", second, True)
        assert "worker" not in told
        found = await all_shown(process, second)
        assert found <= {first, second}
        assert await shown(process, 8) == {second}
        assert await shown(process, name="127.0.0.1") == {second}  # which is no name to be indicated
        assert [await each.ask() for each in kept] == [200] * 8
        for each in kept:
            await each.leave()
        assert await process.stop() == 0


async def all_shown(process, wanted):
    """Connect until only the wanted certificate is shown: workers are told of it one after the other."""
    found = set()
    for _ in range(200):
        latest = await shown(process, 4)
        found |= latest
        if latest == {wanted}:
            break
    return found


@in_one_and_in_two
async def test_a_new_file_that_cannot_be_used_leaves_the_old_one_in_use_until_it_is_mended(tmp_path, workers):
    certificate, key = pair(tmp_path)
    before = fingerprint(certificate)
    good = key.read_bytes()
    async with Process(tmp_path, secured(workers=workers)) as process:
        await process.ready()

        key.unlink()
        missing = await process.event("certificate")
        replace(key, b"no key at all")
        broken = await process.event("certificate")
        assert await shown(process, 4) == {before}
        replace(key, good)
        mended = await process.event("certificate")

        assert (missing["outcome"], missing["level"], missing["path"]) == ("refused", "error", "listen.tls.key")
        assert missing["problem"].endswith("tls.key cannot be read: there is no such file")
        assert broken["problem"].endswith("tls.key holds no private key in PEM")
        assert (mended["outcome"], mended["sha256"]) == ("renewed", before)
        assert await shown(process, 4) == {before}
        assert await process.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
async def test_a_worker_that_is_started_later_begins_with_the_last_certificate_that_was_good(tmp_path):
    certificate, key = pair(tmp_path)
    async with Process(tmp_path, secured(workers=2)) as process:
        await process.ready()
        pair(tmp_path)
        good = fingerprint(certificate)
        assert (await process.event("certificate"))["outcome"] == "renewed"
        replace(key, b"no key at all")
        assert (await process.event("certificate"))["outcome"] == "refused"

        for pid in process.workers():
            os.kill(pid, signal.SIGKILL)
            await process.event("worker_ready")

        assert await shown(process, 8) == {good}
        assert await process.stop() == 0


@in_one_and_in_two
async def test_a_drain_waits_for_the_answer_under_way(tmp_path, workers):
    pair(tmp_path)
    held = HeldBackend(b'{"data": []}')
    async with held as backend, Process(tmp_path, secured(over(backend), workers)) as process:
        await process.ready()
        caller = await Shown().connect(process)
        asking = asyncio.create_task(caller.ask())
        await backend.reached.acquire()

        process.tell(signal.SIGTERM)
        await process.event("drain")
        backend.go.set()

        assert await asking == 200
        assert await asyncio.wait_for(caller.reader.read(), PATIENCE) == b""
        await caller.leave()
        assert await process.end() == 0
    assert '"event":"stopped","unanswered":0' in process.said[-1]


async def test_files_that_cannot_be_used_are_told_at_the_start(tmp_path):
    _, key = pair(tmp_path)
    key.unlink()
    async with Process(tmp_path, secured()) as process:
        assert await process.end() == 78
    path = tmp_path / "gateway.yaml"
    assert process.said == [
        f"{path}:2:64: listen.tls.key: the file 'tls.key' cannot be read: there is no such file\n",
    ]


async def test_what_would_decrypt_the_traffic_is_not_written_down(tmp_path, monkeypatch):
    pair(tmp_path)
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    async with Process(tmp_path, secured()) as process:
        await process.ready()
        context = client_side()
        context.keylog_filename = None
        log.unlink(missing_ok=True)
        assert len(await shown(process, context=context)) == 1
        assert await process.stop() == 0
    assert not log.exists()


# In this process, where time can be made short.


class Served(asyncio.Protocol):
    """Says who connected."""

    def __init__(self, acceptor):
        self._acceptor = acceptor

    def connection_made(self, transport):
        self._transport = transport
        self._acceptor.connections.add(self)
        transport.write(b"welcome")

    def connection_lost(self, error):
        self._acceptor.connections.discard(self)


@contextlib.asynccontextmanager
async def accepted(folder, most):
    """An acceptor that serves so many connections, and its address."""
    certificate = Certificate(KeyPair(*map(str, pair(folder))))
    acceptor = Acceptor(Standing(1), 0, most, certificate.context)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        acceptor.open(bound, lambda: Served(acceptor))
        try:
            yield acceptor, bound.getsockname()
        finally:
            acceptor.close()
            await acceptor.wait_closed()
            for each in list(acceptor.connections):
                each._transport.abort()


async def test_who_does_not_get_on_with_the_handshake_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(accepting, "HANDSHAKE", 0.1)
    async with accepted(tmp_path, 10) as (acceptor, address):
        reader, writer = await asyncio.open_connection(*address)

        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""

        assert acceptor._own == 0
        writer.close()


async def test_handshakes_under_way_have_a_bound_and_the_oldest_gives_way(tmp_path):
    async with accepted(tmp_path, 2) as (acceptor, address):
        silent = [await asyncio.open_connection(*address) for _ in range(5)]

        assert await asyncio.wait_for(silent[0][0].read(), PATIENCE) == b""
        assert [reader.at_eof() for reader, _ in silent] == [True, False, False, False, False]

        reader, writer = await asyncio.open_connection(*address, ssl=client_side(), server_hostname="localhost")
        assert await reader.readexactly(7) == b"welcome"
        for _, each in [*silent, (reader, writer)]:
            each.close()
        for _ in range(100):
            if not acceptor._own:
                break
            await asyncio.sleep(0.01)
        assert acceptor._own == 0


async def test_handshakes_under_way_hold_nobody_up_who_accepts_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(accepting, "LAST", 0.05)
    async with accepted(tmp_path, 2) as (acceptor, address):
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(100):
            if acceptor._coming:
                break
            await asyncio.sleep(0.01)
        acceptor.close()
        await asyncio.wait_for(acceptor.wait_closed(), PATIENCE)

        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()


async def test_a_change_is_read_when_it_has_come_to_rest(tmp_path):
    certificate, key = pair(tmp_path)
    shown_now = Certificate(KeyPair(str(certificate), str(key)))
    told = []

    class Told(Events):
        def tell(self, event, level="info", **facts):
            told.append((event, facts["outcome"]))

    renewal = Renewal(shown_now, Told())
    assert [renewal.look(), renewal.look()] == [False, False]
    pair(tmp_path, "other")
    replace(certificate, (tmp_path / "other.crt").read_bytes())
    assert renewal.look() is False
    replace(key, (tmp_path / "other.key").read_bytes())

    assert [renewal.look(), renewal.look(), renewal.look()] == [False, True, False]

    assert told == [("certificate", "renewed")]
    assert shown_now.fingerprint == fingerprint(certificate)
