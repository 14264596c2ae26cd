"""Group C: paths and queries. What callers write there asks backends for nothing but what routes and dialects allow.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

import pytest

from jobgateway.translation.paths import is_scope
from support.corpora import json_cases, naughty_strings, traversals
from support.parties import Trap
from support.replay import Stage, split
from support.world import presented

SCOPE = "3sWXSsqHgSKnE87YkNJK"
LISTS = {
    "openreplay-v2": "/public/{scope}/jobs",
    "openreplay-v1": "/api/v1/{scope}/jobs",
    "explorer": "/api-open/v1/jobs",
}
GOLDEN = re.compile(
    rb"(?:GET|DELETE) /public/%b/jobs(?:/(?:0|[1-9][0-9]{0,18}))?(?:\?limit=\d+&page=\d+)? HTTP/1\.1" % SCOPE.encode()
)
"""The one form of what a backend is asked, whatever the caller wrote."""
PATHS = [
    "..", ".", "%2e%2e", "%2E%2e%2f", "..%2f..", "%252e%252e", "..;", "..%00", "%2e%2e%5c", "..\\", "%c0%ae%c0%ae", "%uff0e",
    "7%2Fcancel", "7/..", "7/../8", "7%3Fx=1", "7%23", "7;x=1", "7%0d%0aX:1", "7%0a", "7%20", "+7", "-7", "7.0", "0x7", "07", "7_0",
    "%EF%BC%97", "%D9%A7", "%C2%B2", "7e0", "", "/", "//", "/7", "9223372036854775808", "9" * 400, "@127.0.0.1", "//127.0.0.1", "http:%2f%2f127.0.0.1",
]  # fmt: skip


def request(dialect: str, target: str, *, host: str = "a", more: bytes = b"") -> bytes:
    name, value = presented(dialect, "kR7mW2xQ9vTn4LsZ8bYc")
    return b"GET %b HTTP/1.1\r\nHost: %b\r\n%b: %b\r\n%b\r\n" % (
        target.encode("latin-1"),
        host.encode(),
        name,
        value,
        more,
    )


async def answers(
    cases: Iterable[tuple[str, str]], *, host: str = "a"
) -> tuple[list[tuple[str, int]], bytes, list[bytes]]:
    """Status for each target, all that was said, and the heads that the backend got."""
    told, heard, heads = [], bytearray(), []
    async with Stage() as stage:
        for dialect, target in cases:
            stage.heads.clear()
            said = await stage.served.talk(request(dialect, target, host=host, more=b"Connection: close\r\n"), pause=0)
            ((status, _),), rest = split(said)
            assert not rest
            told.append((target, status))
            heard += said
            heads += stage.heads
    return told, bytes(heard), heads


def check(cases: list[tuple[str, str]], statuses: set[int]) -> list[bytes]:
    told, heard, heads = asyncio.run(answers(cases))
    assert [each for each in told if each[1] not in statuses] == []
    assert b"\r\nlocation:" not in heard.lower()
    assert [head for head in heads if not GOLDEN.fullmatch(head.partition(b"\r\n")[0])] == []
    return heads


def placed(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each text as an id and, where it is no scope, as a scope, in each dialect that has such a place."""
    for text in texts:
        for dialect, path in LISTS.items():
            yield dialect, f"{path.format(scope=SCOPE)}/{text}"
            if "{scope}" in path and not is_scope(unquote(text)):
                yield dialect, path.format(scope=text)


def test_c1_no_path_of_ours_leaves_its_place():
    assert check(list(placed(PATHS)), {400, 404}) == []


def test_c1_nor_does_any_that_others_collected():
    texts = [text for text in traversals() if text.isascii() and not re.search(r"[\x00-\x20\x7f]", text)]

    assert check(list(placed(texts)), {400, 404}) == []
    assert len(texts) > 600


@pytest.mark.parametrize("dialect", LISTS)
def test_c2_nothing_at_the_end_of_a_path_is_overlooked(dialect: str):
    path = LISTS[dialect].format(scope=SCOPE)
    ends = [f"%{byte:02x}" for byte in (*range(0x21), 0x7F, 0x85)] + [
        "%C2%85",
        "%E2%80%A8",
        "/",
        "//",
        "/.",
        "/..",
        ".",
    ]

    assert check([(dialect, each + end) for each in (path, f"{path}/7") for end in ends], {400, 404}) == []


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "127.0.0.1", "[::1]:1"])
def test_c3_no_answer_sends_anybody_elsewhere(host: str):
    cases = [
        (dialect, path.format(scope=SCOPE) + end)
        for dialect, path in LISTS.items()
        for end in ("/", "//", "/7/", "?", "")
    ]

    cases += [("explorer", "/"), ("explorer", "//evil.test/"), ("explorer", "/\\evil.test")]

    told, heard, heads = asyncio.run(answers(cases, host=host))

    assert {status for _, status in told} == {200, 400, 404}
    assert b"\r\nlocation:" not in heard.lower()
    assert heads
    assert [head for head in heads if b"evil.test" in head] == []


NUMBERS = [
    "3451",
    "１",
    "٣",
    "²",
    "+5",
    "-5",
    "1_0",
    "0x1",
    "1e1",
    "1.0",
    " 5",
    "5 ",
    "5\n",
    "",
    "0",
    "9" * 19,
    "9" * 20,
    "9" * 5000,
]


def test_c4_numbers_are_ascii_digits():
    cases = [
        (dialect, f"{path.format(scope=SCOPE)}?{key}={quote(number)}")
        for dialect, path in LISTS.items()
        for key in ("limit", "page", "pageSize")
        for number in NUMBERS
    ]

    heads = check(cases, {200, 400, 501})
    asked = {tuple(map(int, re.findall(rb"=(\d+)", head.partition(b"\r\n")[0]))) for head in heads}
    assert all(limit <= 200 for limit, _ in asked)


@pytest.mark.parametrize(("key", "first", "second"), [("limit", "3", "7"), ("limit", "7", "3")])
def test_c5_of_a_key_said_twice_the_first_counts(key: str, first: str, second: str):
    target = f"{LISTS['openreplay-v2'].format(scope=SCOPE)}?{key}={first}&{key}={second}"

    (head,) = check([("openreplay-v2", target)], {200})
    assert head.startswith(b"GET /public/%b/jobs?limit=%b&" % (SCOPE.encode(), first.encode()))


def test_c6_no_byte_of_a_callers_leads_to_another_place():
    async def scenario() -> int:
        async with Trap() as trap, Stage() as stage:
            there = f"127.0.0.1:{trap.port}"
            for dialect, path in LISTS.items():
                good = path.format(scope=SCOPE)
                targets = [
                    f"http://{there}{good}", f"//{there}{good}", f"{good}?url=http://{there}/", f"{good}/http:%2f%2f{there}", f"/@{there}{good}",
                    path.format(scope=f"@{there}"), path.format(scope=quote(f"http://{there}/", safe="")), there, good,
                ]  # fmt: skip
                more = f"X-Forwarded-Host: {there}\r\nForwarded: host={there}\r\nX-Original-Url: http://{there}/\r\n".encode()
                for target in targets:
                    outcome = await stage.replay(request(dialect, target, host=there, more=more))
                    assert set(outcome.statuses) <= {200, 400, 404}, target
            return trap.visitors

    assert asyncio.run(scenario()) == 0


def test_c7_a_filter_that_is_none_is_refused():
    texts = [
        *(data for _, verdict, data in json_cases() if verdict in "ni"),
        *(text.encode() for text in naughty_strings()),
    ]
    cases = [("explorer", f"{LISTS['explorer']}?filter={quote(data)}") for data in texts if len(data) < 4000]

    told, _, _ = asyncio.run(answers(cases))
    assert [each for each in told if each[1] not in (200, 400)] == []
    assert sum(status == 400 for _, status in told) > 600
