"""Group A: what comes over callers' connections. Each case is followed by a sentinel on the same connection.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from pathlib import Path

import pytest
import yaml

from jobgateway.edge.reading import Reading, UnreadableError
from support.canaries import canary
from support.corpora import corpus
from support.replay import KEY, TARGET, Outcome, Stage, all_outcomes, split
from support.world import presented

WORDS = {
    "{TARGET}": TARGET,
    "{KEY}": f"Authorization: Bearer {KEY}\r\n",
    "{HEAD}": f"GET {TARGET} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n",
}
HOSTILE = yaml.safe_load((Path(__file__).parent / "hostile" / "requests.yaml").read_text(encoding="utf-8"))
REFUSALS = {400, 413}
LISTS = {
    "openreplay-v2": TARGET,
    "openreplay-v1": TARGET.replace("/public", "/api/v1"),
    "explorer": "/api-open/v1/jobs",
}


def written(text: str) -> bytes:
    """The bytes of a case."""
    for word, meaning in WORDS.items():
        text = text.replace(word, meaning)
    return text.encode("latin-1")


REFUSED = {
    f"{kind}: {name}": written(text) for kind, cases in HOSTILE["refused"].items() for name, text in cases.items()
}
SERVED = {name: (number, written(text)) for name, (number, text) in HOSTILE["served"].items()}


def wrongs(outcome: Outcome) -> list[str]:
    """What must be so of no case, whatever it is."""
    found = []
    if not outcome.ended:
        found.append("left waiting past the deadline")
    if outcome.rest:
        found.append(f"half an answer: {outcome.rest[:60]!r}")
    if any(status >= 500 for status in outcome.statuses):
        found.append(f"answered {outcome.statuses}")
    if outcome.reached > outcome.statuses.count(200):
        found.append("the backend was asked for what was not answered with it")
    if outcome.sentinel not in (None, 200):
        found.append(f"the sentinel was answered with {outcome.sentinel}")
    if b"\r\nlocation:" in outcome.said.lower():
        found.append("a Location")
    return found


def is_refused(outcome: Outcome) -> bool:
    """Whether a case was refused and its connection ended with that; one that is never whole is, too."""
    if outcome.waited:
        return outcome.sentinel is None and outcome.reached == 0 and set(outcome.statuses) <= {408}
    return len(outcome.statuses) == 1 and outcome.statuses[0] in REFUSALS and outcome.sentinel is None


def test_a1_a3_a4_a5_what_is_ambiguous_is_refused_once_and_nobody_is_asked():
    outcomes = asyncio.run(all_outcomes(REFUSED.items()))

    assert {name: found for name, outcome in outcomes.items() if (found := wrongs(outcome))} == {}
    assert [name for name, outcome in outcomes.items() if not is_refused(outcome) or outcome.waited] == []
    assert {name for name, outcome in outcomes.items() if outcome.reached} == set()
    assert len(outcomes) > 100


def test_a1_what_is_unambiguous_is_served_and_so_is_what_follows():
    outcomes = asyncio.run(all_outcomes((name, case) for name, (_, case) in SERVED.items()))

    assert {name: found for name, outcome in outcomes.items() if (found := wrongs(outcome))} == {}
    told = {name: (outcome.statuses, outcome.sentinel, outcome.reached) for name, outcome in outcomes.items()}
    assert told == {name: ((200,) * number, 200, number) for name, (number, _) in SERVED.items()}


def test_a1_it_does_not_matter_in_which_pieces_a_request_comes():
    async def scenario() -> dict[str, list[int]]:
        found = {}
        async with Stage() as stage:
            for name, case in REFUSED.items():
                found[name] = await stage.drip(case)
            assert stage.heads == []
        return found

    outcomes = asyncio.run(scenario())
    assert {name: statuses for name, statuses in outcomes.items() if statuses not in ([400], [413])} == {}


def test_a1_a_refusal_is_not_taken_for_the_answer_to_what_came_before_it():
    good = f"{WORDS['{HEAD}']}\r\n".encode()
    cases = {name: good * 3 + case for name, case in REFUSED.items()}

    outcomes = asyncio.run(all_outcomes(cases.items()))

    assert {name: found for name, outcome in outcomes.items() if (found := wrongs(outcome))} == {}
    told = {name: (outcome.statuses[:3], len(outcome.statuses), outcome.reached) for name, outcome in outcomes.items()}
    assert {name: each for name, each in told.items() if each != ((200, 200, 200), 4, 3)} == {}


# What gunicorn's authors collected.

ACCEPTED = {
    "invalid/006": "a request line of 4,097 bytes: ours may have what limits.request_head leaves",
    "invalid/007": "a header of 8,192 bytes: the same",
    "invalid/008": "the same",
    "invalid/limit_header_default_01": "the same",
    "invalid/040": "names with underscores, which reach nobody who would take them for others",
}
"""Cases that are expected to be refused by gunicorn's own limits and settings, none by RFC 9112."""
ACCEPTED_AIMED = ACCEPTED | {
    "invalid/010": "refused under a limit that the case sets itself",
    "invalid/017": "the same",
    "invalid/019": "forwarded headers that contradict each other, which mean nothing here",
    "invalid/chunked_07": "names with underscores, as 040",
}
"""The same where each has a host and asks for something that is there."""


def gunicorn(verdict: str, *, aimed: bool = False) -> list[tuple[str, bytes]]:
    cases = [json.loads(line) for line in corpus("gunicorn-requests/index.jsonl").splitlines()]
    found = [(each["name"], base64.b64decode(each["bytes_base64"])) for each in cases if each["verdict"] == verdict]
    return [(name, aim(case)) for name, case in found] if aimed else found


def aim(case: bytes) -> bytes:
    """The case as a request that the backend would get: with a credential, a host and the target of a list."""
    more = f"Authorization: Bearer {KEY}\r\n".encode()
    if not re.search(rb"(?i)\nhost:", case.partition(b"\r\n\r\n")[0]):
        more += b"Host: a\r\n"
    line = rb"\A((?:GET|POST|PUT) )/[^ \r\n]*( HTTP/1\.[01]\r\n)"
    return re.sub(line, lambda found: found[1].replace(b"POST", b"GET").replace(b"PUT", b"GET") + TARGET.encode() + found[2] + more, case)  # fmt: skip


@pytest.mark.parametrize("aimed", [False, True], ids=["as they are", "aimed"])
def test_a1_of_the_requests_that_gunicorn_refuses_only_those_beyond_its_limits_are_accepted(aimed, record_property):
    cases = gunicorn("invalid", aimed=aimed)
    outcomes = asyncio.run(all_outcomes(cases))

    assert {name: found for name, outcome in outcomes.items() if (found := wrongs(outcome))} == {}
    accepted = {name for name, outcome in outcomes.items() if not is_refused(outcome)}
    record_property("accepted", f"{len(accepted)} of {len(outcomes)}: {sorted(accepted)}")
    assert accepted <= set(ACCEPTED_AIMED if aimed else ACCEPTED)
    assert len(accepted) <= 5 or aimed
    assert len(cases) == 74


@pytest.mark.parametrize("aimed", [False, True], ids=["as they are", "aimed"])
def test_a1_of_those_that_it_accepts_each_is_answered_in_order(aimed):
    outcomes = asyncio.run(all_outcomes(gunicorn("valid", aimed=aimed)))

    assert {name: found for name, outcome in outcomes.items() if (found := wrongs(outcome))} == {}
    assert [name for name, outcome in outcomes.items() if outcome.waited] == ["valid/099"]  # shorter than it says
    assert sum(outcome.sentinel == 200 for outcome in outcomes.values()) >= 10


# A4, A5: credentials said twice, and with each byte that there is.


@pytest.mark.parametrize("dialect", LISTS)
def test_a4_of_two_credentials_neither_is_used(dialect: str):
    name, value = presented(dialect, "first-0123456789abcdef")
    _, other = presented(dialect, "other-0123456789abcdef")
    pairs = [[(name, value), (name, other)], [(name, other), (name, value)]]
    if dialect == "explorer":
        token = b"explorer_token"
        pairs += [
            [(name, value + b"; " + other)],
            [(token, b"first"), (token, b"other")],
            [(name, value), (token, b"other")],
        ]
        pairs += [list(reversed(pairs[-1]))]
    cases = [
        (str(number), b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (LISTS[dialect].encode(), b"".join(b"%b: %b\r\n" % each for each in pair)))
        for number, pair in enumerate(pairs)
    ]  # fmt: skip

    outcomes = asyncio.run(all_outcomes(cases))

    assert [outcome.reached for outcome in outcomes.values()] == [0] * len(cases)
    assert {outcome.statuses[0] for outcome in outcomes.values()} <= {400, 401}


@pytest.mark.parametrize("dialect", LISTS)
def test_a5_no_byte_in_a_credential_is_changed_or_breaks_anything(dialect: str):
    secrets = [
        bytes([byte]).join(around) for byte in range(256) for around in ((b"", b"abc"), (b"ab", b"c"), (b"abc", b""))
    ]
    name, lead = presented(dialect, "")

    async def scenario() -> list[tuple[bytes, int]]:
        wrong = []
        async with Stage() as stage:
            for secret in secrets:
                stage.heads.clear()
                head = b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" % LISTS[dialect].encode()
                ((status, _), *more), rest = split(
                    await stage.served.talk(head + b"%b: %b%b\r\n\r\n" % (name, lead, secret), pause=0)
                )
                whole = secret.strip(b" \t").partition(b";")[0] if dialect == "explorer" else secret.strip(b" \t")
                unchanged = all(b"\r\nauthorization: Bearer %b\r\n" % whole in head for head in stage.heads)
                if more or rest or status not in (200, 400, 401) or not unchanged or (status != 200 and stage.heads):
                    wrong.append((secret, status))
        return wrong

    assert asyncio.run(scenario()) == []


# A6: what no header does.

GOLDEN = {b"host", b"accept", b"accept-encoding", b"authorization", b"user-agent", b"x-request-id"}
"""The headers that a backend gets."""


def check_only_golden(lines: list[bytes]) -> None:
    async def scenario() -> list[bytes]:
        async with Stage() as stage:
            for start in range(0, len(lines), 40):
                case = WORDS["{HEAD}"].encode() + b"".join(lines[start : start + 40]) + b"\r\n"
                assert (await stage.replay(case)).reached == 1, lines[start : start + 40]
                head = stage.heads[0]
                assert {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:-2]} <= GOLDEN
                assert b"canary" not in head.lower()
                assert KEY.encode() in head
        return lines

    assert asyncio.run(scenario())


def test_a6_hop_by_hop_names_take_nothing_away_and_forwarded_ones_add_nothing():
    names = ["Authorization", "X-Request-Id", "Host", "Accept", "Content-Length", "close-not", "keep-alive", "Cookie"]
    lines = [f"Connection: {name}\r\n".encode() for name in names]
    lines += [
        f"{name}: canary\r\n".encode()
        for name in (
            "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-Ip",
            "X-Original-Url", "X-Rewrite-Url", "X-Http-Method-Override", "X-Method-Override", "Forwarded", "Via", "Keep-Alive",
            "Proxy-Connection", "Proxy-Authorization", "Te", "Trailer", "X-Canary", "Range", "If-None-Match", "Origin", "Referer",
        )
    ]  # fmt: skip
    check_only_golden(lines)


def test_a6_what_follows_a_request_through_many_systems_is_handed_on_as_it_came_by_every_request():
    follows = {b"x-request-id": b"id-1", b"traceparent": b"00-4bf92f3577b34da6-01", b"tracestate": b"a=1"}

    async def scenario() -> list[bytes]:
        async with Stage() as stage:
            case = WORDS["{HEAD}"].encode() + b"".join(b"%b: %b\r\n" % each for each in follows.items()) + b"\r\n"
            assert (await stage.replay(case * 2)).reached == 2
            return stage.heads[:2]  # behind them, the request that shows how far the gateway has read

    for head in asyncio.run(scenario()):
        lines = [tuple(line.lower().split(b": ", 1)) for line in head.split(b"\r\n")[1:-2]]
        assert [line for line in sorted(lines) if line[0] in follows] == sorted(follows.items())


def test_a6_nor_does_any_name_that_others_collected():
    ours = {"host", "authorization", "cookie", "content-type", "content-length", "transfer-encoding", "connection"}
    ours |= {"expect", "upgrade", "x-request-id", "explorer_token"}
    names = {name for name in corpus("header-names.txt").splitlines() if name.lower() not in ours}
    tokens = sorted(name for name in names if re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name))

    check_only_golden([f"{name}: canary\r\n".encode() for name in tokens])
    assert len(tokens) > 20


@pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a6_the_method_is_the_one_in_the_line(override: str):
    outcomes = asyncio.run(all_outcomes([("", WORDS["{HEAD}"].encode() + f"{override}: DELETE\r\n\r\n".encode())]))

    assert outcomes[""].statuses == (200,)


# A7: floods.


def unbounded(first: bytes, piece: bytes, most: int) -> int:
    """Bytes that are read of something without an end."""
    reading = Reading(16 * 1024, 64 * 1024)
    reading.feed(first)
    for number in range(most):
        try:
            reading.feed(piece)
        except UnreadableError:
            return number * len(piece)
    return most * len(piece)


HEAD = WORDS["{HEAD}"].encode()
ENDLESS = {
    "a value": (HEAD + b"X: ", b"a" * 4096),
    "headers": (HEAD, b"X: a\r\n" * 600),
    "a name": (HEAD, b"a" * 4096),
    "a target": (b"GET /", b"a" * 4096),
    "a query": (b"GET /?", b"a" * 4096),
    "a trailer's value": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 4096),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 600),
    "an extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;", b"a" * 4096),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a7_what_has_no_end_is_refused_at_the_limit(kind: str):
    first, piece = ENDLESS[kind]

    assert unbounded(first, piece, 100) <= 24 * 1024
    assert asyncio.run(all_outcomes([(kind, first + piece * 16_000)]))[kind].statuses == (400,)


# A8: a pipeline.


def test_a8_ten_thousand_requests_in_a_pipeline_are_answered_in_order_each_with_its_own_id():
    targets = ["", "", "/x", "/7"]
    asked = [
        f"GET {TARGET}{targets[number % 4]} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {canary('a')}\r\nX-Request-Id: n{number}\r\n\r\n"
        for number in range(10_000)
    ]
    last = f"{WORDS['{HEAD}']}Connection: close\r\n\r\n"

    async def scenario() -> list[tuple[int, bytes]]:
        async with Stage() as stage:
            reader, writer = await stage.served.connect()
            writer.write("".join([*asked, last]).encode())
            said = await asyncio.wait_for(reader.read(), 60)
            writer.close()
            return split(said)[0]

    answers = asyncio.run(scenario())
    assert [id_ for _, id_ in answers[:-1]] == [b"n%d" % number for number in range(10_000)]
    assert [status for status, _ in answers[:-1]] == [200, 200, 400, 200] * 2500
