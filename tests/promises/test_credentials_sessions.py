"""Group B where callers log in: the password that a token carries sealed, the token itself, and the key of both.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx
import msgspec
import pytest

from jobgateway.routing.holder import MARK, Holder
from jobgateway.routing.tokens import Tokens
from support import loud
from support.canaries import Watch, canary
from support.crowd import environment
from support.ears import Mouth
from support.gateways import SCOPE
from support.parties import FAILURES, Party, Trap
from support.running import PORTS, Process

BACKENDS = {"two": "openreplay-v2", "one": "openreplay-v1"}
CALLERS = {"alice": "two", "bob": "two", "carol": "one"}
"""Whose password is a key of which backend."""
NAMES = (*CALLERS, "session")
ROUNDS = 80
PLACES = (
    "GET /{other}/api-open/v1/jobs HTTP/1.1\r\nCookie: explorer_token={token}",
    "GET /{other}/api-open/v1/jobs HTTP/1.1\r\nexplorer_token: {token}",
    "GET /{backend}/api-open/v1/jobs/{token} HTTP/1.1\r\nCookie: explorer_token={token}",
    "GET /{backend}/api-open/v1/jobs?filter={token} HTTP/1.1\r\nCookie: explorer_token={token}",
    "GET /{backend}/api-open/v1/jobs HTTP/1.1\r\nCookie: explorer_token={token}\r\nX-Forwarded-For: {token}",
    "GET /{backend}/api-open/v1/jobs HTTP/1.1\r\nCookie: explorer_token={token}x",
    "GET /{backend}/api-open/v1/jobs HTTP/1.1\r\nCookie: explorer_token={token}; explorer_token={token}",
    "POST /{backend}/api-open/v1/connect HTTP/1.1\r\nAuthorization: Bearer {token}",
    "POST /{backend}/api-open/v1/connect HTTP/1.1\r\nAuthorization: Bearer {account}!",
    "GET /{backend}/api-open/v1/connect HTTP/1.1\r\nAuthorization: Bearer {account}",
    "GET /nowhere/api-open/v1/jobs HTTP/1.1\r\nCookie: explorer_token={token}",
    "GET /{backend}/api-open/v1/jobs HTTP/1.1\r\nAuthorization: Bearer {account}",
)
"""Where a token or an account has no business."""
GOOD = (
    "GET /{backend}/api-open/v1/jobs HTTP/1.1\r\nCookie: explorer_token={token}",
    "GET /{backend}/api-open/v1/jobs/7 HTTP/1.1\r\nexplorer_token: {token}",
    "PUT /{backend}/api-open/v1/jobs/8/cancel HTTP/1.1\r\nCookie: explorer_token={token}",
)


@dataclass
class Evidence:
    """What everybody saw."""

    secrets: dict[str, str] = field(default_factory=lambda: {name: canary(name) * 2 for name in NAMES})
    """The key of sessions must be long."""
    tokens: dict[str, str] = field(default_factory=dict)
    answers: bytearray = field(default_factory=bytearray)
    """All but the cookies that were given."""
    statuses: set[int] = field(default_factory=set)
    altered: set[int] = field(default_factory=set)
    """The statuses of tokens with one character changed."""
    heard: dict[str, bytes] = field(default_factory=dict)
    failures: set[str] = field(default_factory=set)
    log: bytes = b""
    told: bytes = b""
    exposed: bytes = b""


def configuration(parties: dict[str, Party], workers: int) -> str:
    backends = "".join(
        f"  {name}: {{dialect: {BACKENDS[name]}, url: '{party.url}', timeout: 400ms, scope: {SCOPE}}}\n"
        for name, party in parties.items()
    )
    routes = "".join(f"  - {{dialect: explorer, backend: {name}, prefix: /{name}}}\n" for name in parties)
    sessions = "sessions: {key: '${env:SESSION}'}\n"
    return f"{PORTS}workers: {workers}\n{sessions}backends:\n{backends}routes:\n{routes}"


class Conversation:
    """One caller's requests; what comes back is kept."""

    def __init__(self, mouth: Mouth, name: str, evidence: Evidence) -> None:
        self._mouth = mouth
        self._evidence = evidence
        self._name = name
        self._backend = CALLERS[name]
        said = f"{name}:{evidence.secrets[name]}"
        self._account = base64.b64encode(said.encode()).decode()

    async def log_in(self) -> None:
        answer = await self._ask("POST /{backend}/api-open/v1/connect HTTP/1.1\r\nAuthorization: Bearer {account}", "")
        (self._evidence.tokens[self._name],) = re.findall(r"(?i)set-cookie: explorer_token=([^;]+);", answer)

    async def go_on(self, seed: int) -> None:
        dice = random.Random(seed)
        token = self._evidence.tokens[self._name]
        for _ in range(ROUNDS):
            await self._ask(dice.choice([*GOOD, *GOOD, *PLACES]), token)
            at = dice.randrange(len(MARK), len(token))  # before that, it is a key like any other
            other = dice.choice("ABCabc019-_.".replace(token[at], ""))
            answer = await self._ask(GOOD[0], token[:at] + other + token[at + 1 :])
            self._evidence.altered.add(int(answer[9:12]))

    async def _ask(self, form: str, token: str) -> str:
        other = "one" if self._backend == "two" else "two"
        line, _, rest = form.partition("\r\n")
        request = f"{line}\r\nHost: a\r\n{rest}\r\n\r\n".format(
            backend=self._backend, other=other, token=token, account=self._account
        )
        answer = (await self._mouth.ask(request.encode())).decode("latin-1")
        self._evidence.statuses.add(int(answer[9:12]))
        kept = re.sub(r"(?im)^(set-cookie: explorer_token=)[^;]+", r"\1", answer)
        self._evidence.answers += kept.encode("latin-1")
        return answer


async def scenario(folder: Path, workers: int) -> Evidence:
    evidence = Evidence()
    async with contextlib.AsyncExitStack() as stack:
        trap = await stack.enter_async_context(Trap())
        parties = {
            name: await stack.enter_async_context(Party(dialect, seed=index))
            for index, (name, dialect) in enumerate(BACKENDS.items())
        }
        program = (sys.executable, loud.__file__, "run", "-c", str(folder / "gateway.yaml"))
        with environment(evidence.secrets, trap, 9):
            process = Process(folder, configuration(parties, workers), program=program)
            await stack.enter_async_context(process)
        await process.ready()
        listening = asyncio.create_task(process.listen())
        talks = [Conversation(Mouth(process.port), name, evidence) for name in CALLERS]
        await asyncio.gather(*(talk.log_in() for talk in talks))
        await asyncio.gather(*(talk.go_on(seed) for seed, talk in enumerate(talks)))
        listening.cancel()
        await asyncio.gather(*(talk._mouth.close() for talk in talks))
        async with httpx.AsyncClient(base_url=process.admin, trust_env=False) as admin:
            for path in ("/metrics", "/readyz?verbose", "/nothing"):
                evidence.exposed += (await admin.get(path)).content
        assert await process.stop() == 0
    evidence.log, evidence.told = process.stdout.encode(), "".join(process.said).encode()
    evidence.heard = {name: bytes(party.heard) for name, party in parties.items()}
    evidence.failures = set().union(*(party.failed for party in parties.values()))
    return evidence


@pytest.fixture(scope="module", params=[1, pytest.param(2, marks=pytest.mark.slow)], ids=["one process", "two workers"])
def evidence(request, tmp_path_factory) -> Evidence:
    """Callers who have logged in without a `callers` section, before backends that fail and repeat what they hear."""
    return asyncio.run(scenario(tmp_path_factory.mktemp("sessions"), request.param))


def sealed(token: str) -> bytes:
    """The bytes of a token that hold the password."""
    text = token.removeprefix(MARK).rpartition(".")[0]
    return msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))[3]


def watched(evidence: Evidence) -> dict[str, str]:
    """Everything that is secret: tokens are, too."""
    return evidence.secrets | {f"the token of {name}": token for name, token in evidence.tokens.items()}


def test_b0_those_who_logged_in_met_everything_that_they_were_to_meet(evidence):
    assert {200, 400, 401, 404, 405, 502} <= evidence.statuses
    assert len(evidence.failures) > len(FAILURES) * 0.7
    assert evidence.told.count(b'"internal_error"') > 3
    watch = Watch(evidence.secrets)
    for name, heard in evidence.heard.items():
        found = {each.partition(" (")[0] for each in watch.found(heard)}
        assert found == {caller for caller, backend in CALLERS.items() if backend == name}


def test_b1_a_backend_hears_the_password_that_was_given_for_it_and_neither_token_nor_key(evidence):
    watch = Watch(watched(evidence))

    for name, heard in evidence.heard.items():
        assert watch.found(heard, {caller for caller, backend in CALLERS.items() if backend == name}) == []


@pytest.mark.parametrize("place", ["answers", "log", "told", "exposed"])
def test_b2_no_password_token_or_key_is_in_an_answer_a_log_an_event_or_a_metric(evidence, place):
    said = bytes(getattr(evidence, place))

    assert Watch(watched(evidence)).found(said) == []
    for token in evidence.tokens.values():
        hidden = sealed(token)
        forms = (hidden, hidden.hex().encode(), base64.b64encode(hidden)[:-4], base64.urlsafe_b64encode(hidden)[:-4])
        assert [form for form in forms if form in said] == []
    assert len(said) > 500
    assert b"Traceback" not in said


def readings(data: bytes) -> set[bytes]:
    """What somebody makes of a token who tries everything that is no key: each part in each coding, from each start."""
    found = {data, data[::-1]}
    for part in [*re.split(rb"[-.]", data), data, data[4:]]:
        found.add(unquote_to_bytes(part))
        for start in range(4):
            text = re.sub(rb"[^A-Za-z0-9_-]", b"", part[start:])
            found.add(base64.urlsafe_b64decode(text[: len(text) // 4 * 4]))
            digits = re.sub(rb"[^0-9a-fA-F]", b"", part[start:])
            found.add(bytes.fromhex(digits[: len(digits) // 2 * 2].decode()))
    return found


def test_b2_who_holds_a_cookie_cannot_read_the_password_from_it(evidence):
    watch = Watch(evidence.secrets)

    for token in evidence.tokens.values():
        first = readings(token.encode())
        second = set().union(*(readings(each) for each in first))
        assert [found for each in first | second if (found := watch.found(each))] == []
        assert any(sealed(token) in each for each in first)  # so what is read is what is sealed


def test_b3_a_token_with_one_character_changed_is_refused_over_the_wire(evidence):
    assert evidence.altered == {401}


def test_b3_a_token_is_refused_with_any_byte_changed_left_out_or_added():
    made = Tokens([b"0123456789abcdef0123456789abcdef", b"fedcba9876543210fedcba9876543210"], [])
    token = made.make(Holder(backend="replay", secret=canary("key")), 60)
    assert token is not None
    assert made.read(token) is not None
    others = [chr(byte) for byte in range(256)]

    changed = {token[:at] + other + token[at + 1 :] for at in range(len(token)) for other in others} - {token}
    longer = {token[:at] + other + token[at:] for at in range(len(token) + 1) for other in "Aa0-_.=! \n"}
    shorter = {token[:at] + token[at + 1 :] for at in range(len(token))} | {token[:at] for at in range(len(token))}

    assert len(changed) == 255 * len(token)
    assert [text for text in changed | longer | shorter if made.read(text) is not None] == []
