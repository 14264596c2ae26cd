"""Group D: what backends answer. JSON that is none, numbers that are too large, types that are others.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import collections
import importlib.metadata
import itertools
import json

import msgspec
import pytest

from jobgateway.gateway import Exchange
from support.corpora import json_cases
from support.mangling import Pair, jobs_in, with_member, with_value
from support.refused import LISTS
from support.replay import KEY, TARGET, Stage

PAIRS = list(itertools.product(LISTS, LISTS))
READS = ("list", "get")
NO_JSON = [
    b"", b" ", b"\x00", b"{", b"[", b'{"data":', b'{"data": [}', b"{'data': []}", b'{"data": []} x', b"[1,]", b'{"a": 1,}',
    b"NaN", b"Infinity", b"-Infinity", b"nul", b"True", b"01", b"+1", b"1.", b".5", b"0x1", b'"\x01"', b'"\\x41"',
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"// a\n{}", b"[" * 5000, b'{"a":' * 5000, b"<html></html>", b"{}{}",
]  # fmt: skip
"""Bodies that are no JSON text (RFC 8259)."""
STRANGE = [
    b'"\\ud800"',
    b"1e999",
    b"-1e999",
    b"1e-999",
    b"[" * 400 + b"]" * 400,
    b"9" * 5000,
    b'{"a":1,"a":2}',
    b'"\\u0000"',
    b'"\xff"',
]
"""Members that are JSON and that not everybody can hold."""


def wrongs(exchange: Exchange) -> list[str]:
    """What must be so of no answer."""
    response, found = exchange.response, []
    if response.status not in (200, 502):
        found.append(f"status {response.status}")
    if response.media != "application/json":
        found.append(f"not in the dialect: {response.media}")
    try:
        tree = json.loads(response.body.decode(), parse_constant=pytest.fail)
        if tree != msgspec.json.decode(response.body):
            found.append("two parsers read it differently")
    except ValueError as error:
        found.append(f"not JSON: {error}")
    return found


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
def test_d1_what_is_no_json_is_a_502_in_the_callers_dialect(caller: str, spoken: str):
    async def scenario() -> None:
        pair = Pair(caller, spoken)
        for body, operation in itertools.product(NO_JSON, READS):
            for change in (lambda _, body=body: body, with_member(body)):
                exchange = await pair.ask(operation, change)
                assert (exchange.response.status, wrongs(exchange)) == (502, []), body[:40]

    asyncio.run(scenario())


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
def test_d1_what_is_json_and_strange_is_passed_on_as_json_or_refused(caller: str, spoken: str):
    async def scenario() -> None:
        pair = Pair(caller, spoken)
        for data, operation in itertools.product(STRANGE, READS):
            assert wrongs(await pair.ask(operation, with_member(data))) == [], data[:40]

    asyncio.run(scenario())


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
def test_d1_the_json_test_suite_as_bodies_and_as_members(caller: str, spoken: str, record_property):
    cases = json_cases()
    found: collections.Counter[tuple[str, str, int]] = collections.Counter()

    async def scenario() -> list[tuple[str, str, str, object]]:
        wrong = []
        pair = Pair(caller, spoken)
        for (name, verdict, data), operation in itertools.product(cases, READS):
            for place, change in (("body", lambda _, data=data: data), ("member", with_member(data))):
                exchange = await pair.ask(operation, change)
                status = exchange.response.status
                found[verdict, place, status] += 1
                if told := wrongs(exchange):
                    wrong.append((name, operation, place, told))
                if (verdict == "n" and status != 502) or (verdict == "y" and place == "member" and status != 200):
                    wrong.append((name, operation, place, status))
        return wrong

    assert asyncio.run(scenario()) == []
    assert found["n", "body", 502] == found["n", "member", 502] == 2 * sum(verdict == "n" for _, verdict, _ in cases)
    record_property("json", f"{sorted(found.items())}")


# D2, D3: numbers and types.

EDGES = [
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
    2**64,
    2**70 + 1,
    10**30,
    -1,
    -(2**53) - 1,
    -(2**63),
    -(2**63) - 1,
    -(2**70),
]


def names_of(pair: Pair, operation: str) -> list[str]:
    """The members of a job in what the backend answers."""
    seen: list[str] = []

    def note(body: bytes) -> bytes:
        seen[:] = next(jobs_in(json.loads(body)))
        return body

    assert asyncio.run(pair.ask(operation, note)).response.status == 200
    return seen


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
def test_d2_the_digits_of_an_integer_stay_as_they_are_or_it_is_refused(caller: str, spoken: str):
    kept = 0
    for operation in READS:
        pair = Pair(caller, spoken)
        for name, number in itertools.product((*names_of(pair, operation), "zzz"), EDGES):
            exchange = asyncio.run(pair.ask(operation, with_value(name, str(number))))
            assert wrongs(exchange) == [], (name, number)
            text = exchange.response.body.decode()
            if exchange.response.status == 200:
                assert "e+" not in text.lower(), (name, number)
                near = str(abs(number))[:12]
                assert len(near) < 12 or near not in text or str(number) in text, (name, number, text)
                kept += str(number) in text
    assert kept > 0


OTHERS = ["null", "true", "false", "0", "-1", "1.5", "1e3", '""', '"x"', "[]", "{}", '["x"]', '{"x": 1}']


@pytest.mark.parametrize(("caller", "spoken"), PAIRS)
def test_d3_another_type_is_refused_or_means_what_it_says(caller: str, spoken: str):
    refused = 0
    for operation in READS:
        pair = Pair(caller, spoken)
        for name, other in itertools.product(names_of(pair, operation), OTHERS):
            exchange = asyncio.run(pair.ask(operation, with_value(name, other)))
            assert wrongs(exchange) == [], (name, other)
            refused += exchange.response.status == 502
    assert refused > 50


# D7, D8: what callers send as bodies.


@pytest.mark.parametrize(
    "framing", ["Content-Length: 6\r\n\r\ncanary", "Transfer-Encoding: chunked\r\n\r\n6\r\ncanary\r\n0\r\n\r\n"]
)
@pytest.mark.parametrize("line", [f"GET {TARGET}", f"GET {TARGET}/7", f"DELETE {TARGET}/7"])
def test_d7_a_body_that_nobody_asked_for_is_read_and_goes_no_further(line: str, framing: str):
    async def scenario() -> None:
        async with Stage() as stage:
            case = f"{line} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nContent-Type: text/x\r\n{framing}"
            outcome = await stage.replay(case.encode())
            assert (outcome.statuses, outcome.sentinel) == ((200,), 200)
            for head in stage.heads:
                assert not {b"content-length", b"transfer-encoding", b"content-type"} & {
                    line.partition(b":")[0].lower() for line in head.split(b"\r\n")
                }
                assert b"canary" not in head

    asyncio.run(scenario())


def test_d8_nothing_that_parses_forms_is_needed():
    needed = " ".join(importlib.metadata.requires("jobgateway") or []).lower()

    assert needed
    assert "multipart" not in needed
