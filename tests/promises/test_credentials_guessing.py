"""Group B: passwords that are guessed, over sockets. That guesses are counted by a clock is shown in tests/gateway.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from pathlib import Path

import pytest

from jobgateway.routing.guesses import AT_ONCE, EACH
from support.canaries import canary
from support.ears import Mouth
from support.running import PORTS, Process

MANY = 200
"""Tries for each name."""
NAMES = ("alice", "nobody")
"""One that is a caller's, and one that is not."""
CONFIG = (
    PORTS
    + """backends:
  store: {dialect: explorer, url: 'demo://'}
callers:
  alice: {key: '${file:alice}'}
  bob: {key: '${file:bob}'}
sessions: {key: 0123456789abcdef0123456789abcdef}
routes:
  - {dialect: explorer, backend: store}
"""
)


def login(name: str, password: str) -> bytes:
    account = base64.b64encode(json.dumps([name, password]).encode()).decode()
    return f"POST /api-open/v1/connect HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {account}\r\n\r\n".encode()


def listing(cookie: str) -> bytes:
    return f"GET /api-open/v1/jobs HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n".encode()


async def guessed(folder: Path) -> tuple[dict[str, list[bytes]], dict[str, bytes], list[str]]:
    """The answers to many tries by name, what was answered to others after that, and the log."""
    passwords = {name: canary(name) for name in ("alice", "bob")}
    for name, password in passwords.items():
        (folder / name).write_text(password)
        (folder / name).chmod(0o600)
    (folder / "gateway.yaml").touch(0o600)
    async with Process(folder, CONFIG) as process:
        await process.ready()
        mouth = Mouth(process.port)
        given = await mouth.ask(login("alice", passwords["alice"]))
        (token,) = re.findall(rb"(?i)set-cookie: ([^;]+);", given)
        tries = {name: [await mouth.ask(login(name, f"guess {number}")) for number in range(MANY)] for name in NAMES}
        others = {
            "the right password": await mouth.ask(login("alice", passwords["alice"])),
            "another account": await mouth.ask(login("bob", passwords["bob"])),
            "the token": await mouth.ask(listing(token.decode())),
            "the key": await mouth.ask(listing(f"explorer_token={passwords['alice']}")),
        }
        await mouth.close()
        assert await process.stop() == 0
        assert not any(password in "".join(process.said) + process.stdout for password in passwords.values())
    return tries, others, process.stdout.splitlines()


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> tuple[dict[str, list[bytes]], dict[str, bytes], list[str]]:
    return asyncio.run(guessed(tmp_path_factory.mktemp("guessing")))


def statuses(answers: list[bytes]) -> list[int]:
    return [int(answer[9:12]) for answer in answers]


def test_b11_after_some_wrong_passwords_no_more_are_looked_at_and_the_answer_says_when_to_try_again(outcome):
    tries, others, lines = outcome
    for answers in tries.values():
        assert statuses(answers[:AT_ONCE]) == [401] * AT_ONCE
        looked_at = statuses(answers).count(401)
        assert looked_at < AT_ONCE + MANY / 10  # how many more is a matter of how long it took
        assert set(statuses(answers)) == {401, 429}
        told = {int(re.search(rb"(?i)retry-after: (\d+)", each)[1]) for each in answers if b" 429 " in each[:16]}
        assert max(told) == EACH
    assert statuses([others["the right password"]]) == [429]
    assert {json.loads(line)["reason"] for line in lines} == {None, "bad_credential", "throttled"}


def test_b11_others_and_those_who_are_in_notice_nothing(outcome):
    _, others, _ = outcome

    assert {who: int(answer[9:12]) for who, answer in others.items() if who != "the right password"} == {
        "another account": 200,
        "the token": 200,
        "the key": 200,
    }


def test_b8_it_does_not_tell_whether_there_is_such_an_account(outcome):
    tries, _, _ = outcome
    unlike = re.compile(rb"(?im)^(date|x-request-id): [^\r]*")
    seen = {name: {unlike.sub(b"", answer) for answer in answers} for name, answers in tries.items()}

    assert {re.sub(rb"(?i)retry-after: \d+", b"", each) for each in seen["alice"]} == {
        re.sub(rb"(?i)retry-after: \d+", b"", each) for each in seen["nobody"]
    }
