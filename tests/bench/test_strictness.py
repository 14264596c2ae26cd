"""The campaign about strictness: its cases, what it sees on the wire, what it makes of it, and its tables."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httptools
import msgspec
import pytest
import yaml
from bench.strictness import __main__ as command
from bench.strictness import parsers, tables
from bench.strictness.campaign import Compared, Judged, Parsed, Results, agreements, strictness
from bench.strictness.cases import (
    HEAD,
    HOSTILE,
    NOT_HERE,
    OF_DIALECTS,
    PERMITTED,
    Case,
    Suite,
    aim,
    malformed,
    well_formed,
)
from bench.strictness.echo import echo
from bench.strictness.replay import Answer, Sentinel, Talk, split, talk
from bench.strictness.smuggling import HIDDEN, smuggling
from bench.strictness.stands import ANCHORS, GATEWAY, Line, Outcome, stand
from bench.strictness.verdicts import Verdict, agreement, verdict

GOOD = Case("good", HEAD + b"\r\n")
BAD = Case("bad", HEAD + b"Content-Length: +5\r\n\r\nhello")
SENTINEL = Sentinel(7)
ANSWERED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: %b\r\n%b\r\n{}"
REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LAST = b"Connection: close\r\n"


# The cases.


def test_all_refused_cases_are_asked_but_those_of_dialects() -> None:
    hostile = yaml.safe_load(HOSTILE.read_text(encoding="utf-8"))["refused"]
    forbidden, permitted, *_ = malformed()

    asked = {case.name for case in (*forbidden.cases, *permitted.cases)}
    assert asked == {f"{kind}: {name}" for kind, cases in hostile.items() if kind not in OF_DIALECTS for name in cases}
    assert len(forbidden.cases) + len(permitted.cases) == len(asked)


def test_whatever_is_said_to_be_permitted_is_a_case_and_has_its_paragraph() -> None:
    hostile = yaml.safe_load(HOSTILE.read_text(encoding="utf-8"))["refused"]
    permitted = yaml.safe_load(PERMITTED.read_text(encoding="utf-8"))

    assert [kind for kind, names in permitted.items() if set(names) - set(hostile[kind])] == []
    reasons = [reason for names in permitted.values() for reason in names.values()]
    assert [reason for reason in reasons if not re.match(r"RFC (3986|9110|9112) \d+(\.\d+)*(,|$)", reason)] == []


def test_what_others_collected_is_asked_where_it_is_there() -> None:
    collected = [suite for suite in (*malformed(), *well_formed()) if suite.title.startswith("gunicorn")]

    assert {(len(suite.cases), suite.skipped) for suite in collected} <= {(74, ""), (63, ""), (0, NOT_HERE)}
    assert len(collected) == 3


def test_a_request_that_is_aimed_has_only_its_own_fault() -> None:
    aimed = aim(b"POST /first HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello")

    head = HEAD.replace(b"Host: a\r\n", b"") + b"Host: a\r\n"
    assert aimed == head + b"Content-Length: +5\r\n\r\nhello"
    assert aim(b"GET /x HTTP/1.0\r\nHost: b\r\n\r\n").count(b"Host") == 1


def test_each_request_within_a_request_is_whole_and_its_only_one() -> None:
    cases = smuggling().cases

    assert len({case.name for case in cases}) == len({case.sent for case in cases}) == len(cases)
    assert {(case.sent.count(HIDDEN), case.requests) for case in cases} == {(1, 2)}


# The wire.


def test_answers_are_told_from_interim_ones_and_from_what_is_none() -> None:
    came = b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWERED % (b"a", b"") + ANSWERED % (b"b", LAST) + b"HTTP/1.1 200 OK\r\n"

    assert split(came) == ((Answer(200, "a", last=False), Answer(200, "b", last=True)), b"HTTP/1.1 200 OK\r\n")


@asynccontextmanager
async def saying(words: bytes, *, ends: bool) -> AsyncIterator[int]:
    """The port of somebody who says the same whatever is asked."""
    done = asyncio.Event()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(words)
        if not ends:
            await done.wait()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        done.set()


SAID = {
    "a refusal": (REFUSED, True, Verdict(accepted=False, contacted=False, mismatched=False, waiting=False)),
    "a refusal that says it is the last": (
        REFUSED,
        False,
        Verdict(accepted=False, contacted=False, mismatched=False, waiting=False),
    ),
    "two answers in order": (
        ANSWERED % (b"x", b"") + ANSWERED % (SENTINEL.id.encode(), LAST),
        True,
        Verdict(accepted=True, contacted=False, mismatched=False, waiting=False),
    ),
    "the sentinel's answer first": (
        ANSWERED % (SENTINEL.id.encode(), b""),
        True,
        Verdict(accepted=True, contacted=False, mismatched=True, waiting=False),
    ),
    "another answer in the sentinel's place": (
        ANSWERED % (b"x", b"") + REFUSED,
        True,
        Verdict(accepted=True, contacted=False, mismatched=True, waiting=False),
    ),
    "three answers": (
        ANSWERED % (b"x", b"") * 2 + ANSWERED % (SENTINEL.id.encode(), LAST),
        True,
        Verdict(accepted=True, contacted=False, mismatched=True, waiting=False),
    ),
    "nothing": (b"", False, Verdict(accepted=False, contacted=False, mismatched=False, waiting=True)),
}


@pytest.mark.parametrize("what", SAID)
def test_what_is_said_is_judged(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.strictness.replay.PATIENCE", 0.5)
    words, ends, expected = SAID[what]

    async def said() -> Talk:
        async with saying(words, ends=ends) as port:
            return await talk(port, BAD, SENTINEL)

    assert verdict(("somebody",), BAD, Outcome(asyncio.run(said()), SENTINEL, (), ())) == expected


def test_who_asks_the_backend_for_what_it_refuses_is_noticed() -> None:
    outcome = Outcome(Talk((Answer(400, "", last=True),), b"", ended=True), SENTINEL, (("GET", "/"),), ())

    assert verdict(("somebody",), BAD, outcome) == Verdict(False, True, False, False)


def test_an_answer_without_a_head_is_one_where_the_backend_was_asked() -> None:
    outcome = Outcome(Talk((), b'{"data":[]}', ended=True), SENTINEL, (("GET", "/"),), ())

    assert verdict(("somebody",), BAD, outcome).accepted


def test_a_backend_hears_requests_whatever_frames_their_bodies() -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"
    counted = HEAD + b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN

    async def heard() -> tuple[list[tuple[str, str]], Talk]:
        async with echo() as backend:
            said = await talk(backend.port, Case("", chunked + counted + GOOD.sent), SENTINEL)
            return [each.asked for each in backend.heard], said

    asked, said = asyncio.run(heard())
    assert asked == [("GET", "/public/bench/jobs")] * 3 + [("GET", SENTINEL.target)]
    assert [(answer.status, answer.id) for answer in said.answers] == [(200, "")] * 3 + [(200, SENTINEL.id)]
    assert said.ended


# What two of them make of the same.


def seen(*lines: Line, answers: tuple[str, ...], reached: int, ended: bool = True) -> Outcome:
    told = tuple(Answer(200, id_, last=False) for id_ in answers)
    return Outcome(Talk(told, b"", ended), SENTINEL, (("GET", "/list"),) * reached, lines)


TAKEN = Line("a", "list", 200)
OTHER = Line("b", "get", 200)
NOT_TAKEN = Line("c", None, 400)
ALONE = seen(TAKEN, answers=("a", SENTINEL.id), reached=1)
TURNED_DOWN = seen(NOT_TAKEN, answers=("c",), reached=0)
AGREEMENTS = {
    "the same": (ALONE, seen(TAKEN, answers=("a", SENTINEL.id), reached=1), "alike"),
    "refused behind": (ALONE, TURNED_DOWN, "refused"),
    "refused before": (ALONE, seen(answers=("own",), reached=0), "refused"),
    "just closed": (ALONE, seen(answers=(), reached=0), "refused"),
    "refused alone": (TURNED_DOWN, seen(TAKEN, answers=("a", SENTINEL.id), reached=1), "mended"),
    "nothing in time": (ALONE, seen(answers=(), reached=0, ended=False), "waiting"),
    "two requests for one answer": (
        TURNED_DOWN,
        seen(TAKEN, OTHER, answers=("a", SENTINEL.id), reached=2),
        "disagreed",
    ),
    "two requests for one": (ALONE, seen(TAKEN, OTHER, answers=("a", "b", SENTINEL.id), reached=2), "disagreed"),
    "another request": (ALONE, seen(OTHER, answers=("b", SENTINEL.id), reached=1), "disagreed"),
    "an answer too late": (TURNED_DOWN, seen(TAKEN, answers=(SENTINEL.id, "a"), reached=1), "disagreed"),
}


@pytest.mark.parametrize("what", AGREEMENTS)
def test_two_readings_are_compared(what: str) -> None:
    direct, through, kind = AGREEMENTS[what]

    assert agreement(direct, through).kind == kind


def test_the_gateway_is_asked_and_its_log_read() -> None:
    async def outcomes() -> list[Outcome]:
        async with stand([GATEWAY]) as there:
            return [await there.replay(GOOD, 1), await there.replay(BAD, 2)]

    good, bad = asyncio.run(outcomes())
    assert [(line.operation, line.status) for line in good.logged] == [("list", 200)]
    assert [answer.id for answer in good.talk.answers] == [good.logged[0].request_id, good.sentinel.id]
    assert [method for method, _ in good.reached] == ["GET"]
    assert ([line.status for line in bad.logged], bad.reached) == ([400], ())
    assert [answer.status for answer in bad.talk.answers] == [400]


def test_whoever_is_installed_is_asked_alone_and_before_the_gateway() -> None:
    anchors = [anchor for anchor in ANCHORS if not anchor.missing()]
    suites = [Suite("some", (GOOD, BAD))]
    told: list[str] = []

    alone = strictness(anchors, suites, told.append)
    before = agreements(anchors, suites, told.append)

    assert told == []
    assert [each.who for each in alone] == [GATEWAY.name, *(anchor.name for anchor in anchors)]
    assert [each.who for each in before] == [anchor.name for anchor in anchors]
    assert {tuple(each.accepted) for each in alone} == {("good",)}
    assert {(each.asked, each.alike, each.refused, len(each.disagreed)) for each in before} <= {(2, 1, 1, 0)}


def test_who_does_not_start_is_told_and_left_out() -> None:
    broken = msgspec.structs.replace(ANCHORS[0], command=lambda *_: ["false"])
    told: list[str] = []

    found = strictness([broken], [Suite("some", (BAD,))], told.append)

    assert [each.who for each in found] == [GATEWAY.name]
    assert len(told) == 1
    assert told[0].startswith("nginx: it ended")


def test_who_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.contenders.program", lambda _name: None)

    assert {each.missing() for each in ANCHORS} == {
        f"{each.name} is not installed (bench/install.sh)" for each in ANCHORS
    }
    assert GATEWAY.missing() is None


# The parsers.

HERE = [kind for kind in parsers.KINDS if not kind.missing()]


@pytest.mark.parametrize("kind", HERE, ids=lambda kind: kind.name)
def test_every_parser_reads_the_usual_request_again_and_again(kind: parsers.Kind) -> None:
    parser = kind.make()
    for _ in range(3):
        parser.feed(parsers.USUAL)

    assert len(parser.read) == 3
    assert {(read.method, read.version, len(read.headers)) for read in parser.read} == {("GET", "1.1", 8)}
    assert parsers.clean(parser.read[0])


@pytest.mark.parametrize("kind", HERE, ids=lambda kind: kind.name)
def test_what_no_parser_takes_is_not_taken(kind: parsers.Kind) -> None:
    assert parsers.first(kind, BAD) is None
    assert parsers.first(kind, GOOD) is not None


def test_the_parser_itself_takes_more_than_the_gateways_edge() -> None:
    taken = {
        kind.name: [case.name for suite in malformed()[:2] for case in suite.cases if parsers.first(kind, case)]
        for kind in HERE
    }

    assert taken[parsers.KINDS[-1].name] == []
    assert {"a request line that is none: another protocol", "a host that is none: two hosts"} <= set(
        taken["httptools"]
    )
    assert [kind.name for kind in HERE if not parsers.bounds(kind)] == ["httptools"]


def test_a_parser_that_loses_a_request_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(parsers.Httptools):
        def feed(self, data: bytes) -> None:
            super().feed(data)
            self.read.clear()

    monkeypatch.setattr(parsers, "_SECONDS", 0.01)

    assert set(parsers.rates([parsers.HTTPTOOLS])) == {"httptools"}
    with pytest.raises(ValueError, match="0 of 200 requests read"):
        parsers.rates([parsers.Kind("forgetful", Forgetful, httptools.__name__)])


# The tables, and the command.


def results() -> Results:
    machine = {
        "cpu": "a cpu",
        "cores": 2,
        "system": "Linux",
        "kernel": "6.1",
        "python": "3.11",
        "versions": {"node": "20"},
    }
    return Results(
        "2026-11-21", machine, {"Envoy": "Envoy is not installed", "more": NOT_HERE}, {"some": 3, "more": 0},
        (Judged("jobgateway", "some", 3, [], [], [], []), Judged("nginx", "some", 3, ["a", "b"], [], ["a"], ["b"])),
        (Compared("nginx", "some", 3, 1, 1, [], [], {"a": "two for one"}),),
        (Parsed("one", 2000.0, bounds=False, taken={"some": ["a"], "more": []}, taken_clean={"some": [], "more": []}),),
    )  # fmt: skip


def test_the_tables_count_and_name_what_disagrees() -> None:
    told = tables.tables(results())

    assert "2026-11-21, a cpu, 2 cores, Linux 6.1. Python 3.11" in told
    assert "| who | some (3) | backend asked for a refused one | answers mismatched | left waiting |" in told
    assert "| nginx | 2 | 0 | 1 | 1 |" in told
    assert "| nginx | 3 | 1 | 1 | 0 | 0 | 1 |" in told
    assert "| one | 1 (0) | no | 2,000 | 1.00 |" in told
    assert told.endswith(
        f"Not asked: Envoy: Envoy is not installed.\n\nNot asked: more: {NOT_HERE}.\n\nDISAGREEMENT behind nginx: a: two for one"
    )


def test_the_command_prints_and_keeps_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parsers, "_SECONDS", 0.01)
    kept = tmp_path / "folder" / "strictness.json"

    assert command.main(["parsers", "--json", str(kept)]) == 0

    assert "| httptools " in capsys.readouterr().out
    read = msgspec.json.decode(kept.read_bytes(), type=Results)
    assert [each.who for each in read.parsed] == [kind.label() for kind in HERE]
    assert (
        re.findall(r"(?<![\w.])/(?:home|root|work|usr|tmp)/[\w.-]+", json.dumps(msgspec.to_builtins(read.machine)))
        == []
    )
    with pytest.raises(SystemExit):
        command.main(["unknown"])
