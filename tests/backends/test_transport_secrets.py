"""Secrets go to one backend and nowhere else: no cookie comes back, no proxy is asked, nothing is logged or told."""

from __future__ import annotations

import base64
import logging
import logging.config
import traceback
import urllib.parse
from pathlib import Path

import anyio
import pytest

from jobgateway.backends.transport import TransportError
from jobgateway.translation.wire import Request
from support.evil_backend import GOOD, EvilBackend
from support.transports import Carrying, Kind, carrying

pytestmark = pytest.mark.anyio

SECRET = "s3cret-Canary/7"
FORMS = [
    SECRET,
    SECRET[::-1],
    urllib.parse.quote(SECRET, safe=""),
    base64.b64encode(SECRET.encode()).decode().rstrip("="),
    repr(SECRET.encode())[2:-1],
]
LOUD = [
    "",
    "httpx",
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "asyncio",
]
PATIENCE = 5.0


def with_secret(path: str) -> Request:
    headers = ((b"authorization", b"Bearer " + SECRET.encode()), (b"cookie", b"token=" + SECRET.encode()))
    return Request("POST", path, f"key={SECRET}", headers, SECRET.encode())


async def test_a_cookie_that_a_backend_sets_never_comes_back(evil: EvilBackend, transport: Carrying, kind: Kind):
    async with EvilBackend() as neighbour, carrying(kind, neighbour.url) as other:
        with anyio.fail_after(PATIENCE):
            for _ in range(3):
                response = await transport.send(Request("GET", "/cookie"))
                assert response.headers == ()
                await transport.send(Request("GET", "/ok", headers=((b"cookie", b"own=1"),)))
                await other.send(Request("GET", "/ok"))
    assert [b"canary" in head or b"crumb" in head for head in evil.seen + neighbour.seen] == [False] * 9
    assert b"".join(evil.seen).lower().count(b"cookie:") == 3
    assert b"cookie" not in b"".join(neighbour.seen).lower()


@pytest.mark.parametrize("case", [str.upper, str.lower])
async def test_no_proxy_and_no_password_is_taken_from_the_environment(
    transport: Carrying,
    kind: Kind,
    evil: EvilBackend,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    case: type[str],
):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    async with EvilBackend() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(case(name), proxy.url)
        monkeypatch.setenv("NETRC", str(netrc))
        with anyio.fail_after(PATIENCE):
            async with carrying(kind, evil.url) as later:
                for each in (transport, later):
                    assert (await each.send(Request("GET", "/ok"))).body == GOOD
        assert proxy.accepted == 0
    assert b"authorization" not in b"".join(evil.seen).lower()


@pytest.mark.parametrize("configured_anew", [False, True])
@pytest.mark.parametrize(
    "path", ["/ok", "/echo", "/echo_garbage", "/close", "/short", "/status=999", "/bomb=1", "/two_lengths", "/drip"]
)
async def test_the_secret_is_in_no_log_and_in_no_error(
    evil: EvilBackend, kind: Kind, caplog: pytest.LogCaptureFixture, *, path: str, configured_anew: bool
):
    if configured_anew:
        logging.config.dictConfig(
            {"version": 1, "disable_existing_loggers": False, "loggers": {"httpcore": {"level": "DEBUG"}}}
        )
    for name in LOUD:
        caplog.set_level(logging.DEBUG, logger=name)
    failure: TransportError | None = None
    async with carrying(kind, evil.url, largest_body=100_000) as transport:
        with anyio.move_on_after(0.3):
            try:
                await transport.send(with_secret(path))
            except TransportError as error:
                failure = error
    if failure is not None:
        assert failure.__cause__ is None
        assert failure.__context__ is None
        assert_silent("".join(traceback.format_exception(failure)) + repr(failure) + repr(vars(failure)))
    assert SECRET.encode() in b"".join(evil.seen)
    assert_silent("\n".join(f"{record.name} {record.getMessage()} {record.exc_text}" for record in caplog.records))


async def test_the_other_clients_of_this_program_may_still_warn(transport: Carrying, caplog: pytest.LogCaptureFixture):
    logging.getLogger("httpcore.http11").warning("worth saying")
    assert "worth saying" in caplog.text


async def test_an_error_names_nothing_of_the_backend(evil: EvilBackend, transport: Carrying):
    for path in ("/echo_garbage", "/close", "/status=999", "/short", "/coding=canary", "/version=7.7"):
        with anyio.fail_after(PATIENCE), pytest.raises(TransportError) as caught:
            await transport.send(with_secret(path))
        for word in ("127.0.0.1", str(evil.port), "canary", "999", "7.7", path):
            assert word not in str(caught.value)


def assert_silent(text: str) -> None:
    assert [form for form in FORMS if form in text] == []
