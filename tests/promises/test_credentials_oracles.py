"""Group B, what callers can find out by trying (B7, B8), by writing strangely (B3), or in what is shown (B9).

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import time
from pathlib import Path

import anyio
import pytest

from jobgateway.config.model import Route
from jobgateway.routing.callers import KnownCallers
from support.canaries import Watch, canary
from support.commands import FULL, SECRETS, jobgateway
from support.configs import ENVIRON, MINIMAL, findings, load
from support.corpora import naughty_strings
from support.gateways import SCOPE
from support.running import DEMO, Process, raw
from support.world import backend, caller, values, world

NAMES = ("openreplay-v2", "openreplay-v1", "explorer")
PAIRS = list(itertools.product(NAMES, NAMES))
LISTS = {
    "openreplay-v2": f"/public/{SCOPE}/jobs",
    "openreplay-v1": f"/api/v1/{SCOPE}/jobs",
    "explorer": "/api-open/v1/jobs",
}
CARRIER = {"openreplay-v2": b"authorization", "openreplay-v1": b"authorization", "explorer": b"cookie"}
LEAD = {"openreplay-v2": b"Bearer ", "openreplay-v1": b"", "explorer": b"explorer_token="}


def crossings(dialect: str, spoken: str, secrets: list[bytes]) -> list[bytes]:
    """Secrets that reached the backend changed, twice, or beside something else; with how many came at all."""
    place = world([backend("only", spoken)], [Route(dialect, "only", "documented")])
    name, lead, out = CARRIER[dialect], LEAD[dialect], LEAD[spoken]
    strange = []

    async def scenario() -> None:
        for secret in secrets:
            place.seen["only"].clear()
            exchange = await place.ask(LISTS[dialect], (b"host", b"a"), (name, lead + secret))
            carried = [
                value
                for each in place.seen["only"]
                for carrier in set(CARRIER.values())
                for value in values(each.headers, carrier)
            ]
            if carried and carried != [out + secret.strip(b" \t")] * len(place.seen["only"]):
                strange.append(secret)
            assert exchange.response.status in ((200, 404) if carried else (400, 401)), secret

    anyio.run(scenario)
    return strange


@pytest.mark.parametrize(("dialect", "spoken"), PAIRS)
def test_b3_each_byte_reaches_the_backend_as_it_is_or_not_at_all(dialect: str, spoken: str):
    secrets = [
        bytes([byte]).join(around) for byte in range(256) for around in ((b"", b"abc"), (b"ab", b"c"), (b"abc", b""))
    ]

    # A cookie ends at a semicolon, and what stands behind it is another: the token before it is whole.
    assert [
        secret for secret in crossings(dialect, spoken, secrets) if b";" not in secret or dialect != "explorer"
    ] == []


@pytest.mark.parametrize(("dialect", "spoken"), PAIRS)
def test_b3_nor_does_any_of_the_naughty_strings_cross_changed(dialect: str, spoken: str):
    strings = [text.encode() for text in naughty_strings() if text and b";" not in text.encode()]

    assert crossings(dialect, spoken, strings) == []


@pytest.mark.parametrize(
    "token",
    [rb'"abc\015\012X-Injected: 1"', rb'"a\073 admin=1"', b"a; explorer_token=b", b"a, Bearer b", b"a=b; c=d"],
)
@pytest.mark.parametrize(("dialect", "spoken"), PAIRS)
def test_b3_quoting_and_lists_inject_nothing(dialect: str, spoken: str, token: bytes):
    place = world([backend("only", spoken)], [Route(dialect, "only", "documented")])

    async def scenario() -> None:
        await place.ask(LISTS[dialect], (b"host", b"a"), (CARRIER[dialect], LEAD[dialect] + token))

    anyio.run(scenario)
    for request in place.seen["only"]:
        for name, value in request.headers:
            assert name == b"accept" or not any(
                part in value for part in (b"\r", b"\n", b";", b"admin", b"Injected", b'"')
            ), (name, value)


# B7: whether keys can be found by trying.

KEY = canary("key")


def test_b7_a_key_is_found_whole_or_not_at_all_and_strange_ones_raise_nothing():
    known = KnownCallers([caller("alice", KEY)])

    assert known.find(KEY) is not None
    near = [KEY[:-1], KEY + "x", KEY[1:], KEY.upper(), KEY + "\n", "", " ", "é", "\x00", "x" * 100_000, KEY[:-1] + "é"]
    assert [known.find(secret) for secret in near] == [None] * len(near)


@pytest.mark.slow
def test_b7_the_time_tells_nothing_of_how_much_of_a_key_is_right():
    known = KnownCallers([caller("alice", KEY)])
    other = "!" if KEY[0] != "!" else "?"
    first, last, nothing = other + KEY[1:], KEY[:-1] + other, other * len(KEY)

    def seconds(secret: str) -> float:
        began = time.perf_counter()
        known.find(secret)
        return time.perf_counter() - began

    def welch(one: str, another: str) -> float:
        """Welch's t of 20,000 of each, in random turns, without the slowest tenth, which the machine has made."""
        turns = random.Random(7).choices((one, another), k=40_000)
        taken = {secret: [] for secret in (one, another)}
        for secret in turns:
            taken[secret].append(seconds(secret))
        samples = [sorted(each)[: len(each) * 9 // 10] for each in taken.values()]
        spread = sum(statistics.variance(each) / len(each) for each in samples) ** 0.5
        return abs(statistics.fmean(samples[0]) - statistics.fmean(samples[1])) / spread

    # What is by chance goes away when it is measured again; what tells, stays.
    assert min(welch(first, last) for _ in range(3)) < 4.5
    assert min(welch(nothing, last) for _ in range(3)) < 4.5


# B8: what is told to those who are not let in.

GUARDED = (
    DEMO.replace('url: "demo://"', 'url: "demo://", scope: 3sWXSsqHgSKnE87YkNJK').partition("routes:")[0]
    + """callers:
  alice: {key: '${env:ALICE}'}
  bob: {key_sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
routes:
  - {dialect: openreplay-v2, backend: store, prefix: /tenant, callers: [bob]}
  - {dialect: openreplay-v2, backend: store, scopes: {KNOWN: 3sWXSsqHgSKnE87YkNJK}}
  - {dialect: openreplay-v1, backend: store, host: old.example.com}
  - {dialect: openreplay-v1, backend: store, prefix: /tenant/old}
  - {dialect: explorer, backend: store}
  - {dialect: explorer, backend: store, prefix: /flow}
"""
)
ALIKE = {
    "scopes": ["GET /public/KNOWN/jobs", "GET /public/UNKNOWN/jobs", "GET /public/%2e%2e/jobs"],
    "jobs": ["GET /public/KNOWN/jobs/3451", "GET /public/KNOWN/jobs/9", "GET /public/KNOWN/jobs/x", "DELETE /public/KNOWN/jobs/3451"],
    "paths": ["GET /public/KNOWN/jobs", "GET /public/KNOWN/nothing", "GET /public", "PATCH /public/KNOWN/jobs"],
    "prefixes": ["GET /tenant/public/KNOWN/jobs", "GET /nobody/public/KNOWN/jobs", "GET /public/KNOWN/jobs"],
    "deeper prefixes": ["GET /tenant/old/api/v1/KNOWN/jobs", "GET /no/body/api/v1/KNOWN/jobs", "GET /tenant/api/v1/KNOWN/jobs"],
    "flows": ["GET /api-open/v1/jobs", "GET /flow/api-open/v1/jobs", "GET /flaw/api-open/v1/jobs", "GET /api-open/v1/workflows/7/jobs"],
    "nothing at all": ["GET /", "GET /favicon.ico", "GET /tenant", "GET /tenant/nothing", "GET /nobody/nothing"],
}  # fmt: skip
HOSTS = ("gateway.example", "old.example.com")
STRANGERS = {
    "nothing": "",
    "a wrong bearer": "Authorization: Bearer nobodys-key\r\n",
    "a wrong key": "Authorization: nobodys-key\r\n",
    "a wrong cookie": "Cookie: explorer_token=nobodys-key\r\n",
    "an unfit one": "Authorization: Bearer a b\r\n",
    "two": "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n",
    "a bad host": "X-Forwarded-Host: a\r\n",
}


async def answers(port: int, target: str, credential: str, host: str) -> bytes:
    request = f"{target} HTTP/1.1\r\nHost: {host}\r\nX-Request-Id: same\r\nConnection: close\r\n{credential}\r\n"
    lines = (await raw(port, request.encode())).split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"date:"))


async def differences(folder: Path) -> list[str]:
    """Which answers to strangers tell apart what is there from what is not."""
    found = []
    async with Process(folder, GUARDED) as process:
        await process.ready()
        for about, targets in ALIKE.items():
            for who, credential in STRANGERS.items():
                told = {}
                for target, host in itertools.product(targets, HOSTS):
                    told[target, host] = await answers(process.port, target, credential, host)
                if len(set(told.values())) > 1:
                    found.append(f"{about}, to {who}: {told}")
        assert await process.stop() == 0
    return found


def test_b8_strangers_cannot_tell_what_is_there_from_what_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALICE", KEY)

    assert asyncio.run(differences(tmp_path)) == []


def test_b8_a_known_caller_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALICE", KEY)

    async def statuses() -> list[int]:
        async with Process(tmp_path, GUARDED) as process:
            await process.ready()
            credential = f"Authorization: Bearer {KEY}\r\n"
            told = [
                await answers(process.port, target, credential, HOSTS[0])
                for target in (*ALIKE["scopes"], *ALIKE["prefixes"])
            ]
            assert await process.stop() == 0
        return [int(each.split()[1]) for each in told]

    assert asyncio.run(statuses()) == [200, 404, 404, 403, 404, 200]


# B9: secrets at rest, and where a configuration is shown.

REAL = MINIMAL.replace("url: demo://", "url: https://replay.example.com, credential: @") + (
    "callers: {billing: {key: '${env:BILLING_KEY}'}}\n"
)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_b9_a_literal_secret_is_refused_in_a_file_that_others_can_read(tmp_path: Path, mode: int):
    (said,) = findings(tmp_path, REAL.replace("@", "sekret-literal"), mode=mode)

    assert "is a secret in a file that others can read" in said and "sekret" not in said


def test_b9_a_secret_by_reference_is_in_no_form_of_the_configuration(tmp_path: Path):
    secret = canary("lent")
    config = load(tmp_path, REAL.replace("@", "'${env:LENT}'"), environ={**ENVIRON, "LENT": secret})

    lent = config.backends["replay"].credential
    assert lent is not None and lent.reveal() == secret
    for text in (repr(config), str(config), f"{config.backends}", repr(lent), f"{lent}", f"{lent!r:>80}", str([lent])):
        assert Watch({"lent": secret}).found(text.encode()) == []


@pytest.mark.parametrize(
    "command",
    [
        ["show"],
        ["check"],
        ["check", "--format", "json"],
        ["pairs"],
        ["explain", "GET", f"/api/v1/{SCOPE}/jobs", "-H", "Authorization: @"],
    ],
)
def test_b9_no_command_shows_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]):
    secrets = {name: canary(name.lower()) for name in SECRETS}
    for name, secret in secrets.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.yaml").write_text(FULL)

    result = jobgateway(*[word.replace("@", secrets["BILLING_KEY"]) for word in command])

    assert result.exit_code == 0, result.stderr
    assert Watch(secrets).found((result.stdout + result.stderr).encode()) == []
