"""The benchmarks run, whatever their figures are, and compare like with like."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.asking import Answer, disagreements
from bench.backends import canned
from bench.contenders import CONTENDERS, GATEWAY, Contender, Started, started
from bench.field import UnfitError, disagreeing, field, right_answers
from bench.figures import QUICK, Sheet
from bench.run import Run
from bench.wording import BACKEND, CALLER, CASES, FEW, MANY

from bench import load, report
from support.specs import ROOT

PEERS = [each for each in CONTENDERS if each is not GATEWAY]


def rows_of(table: str) -> list[list[str]]:
    """The cells of a Markdown table, its head first and without its rule."""
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    return [head, *rows]


def tables_in(text: str) -> dict[str, list[list[str]]]:
    """The tables of a report by their titles."""
    return {
        title: rows_of(table)
        for title, table in re.findall(r"^\*\*(.+?)\.\*\*.*\n\n((?:\|.*\n?)+)", text, re.MULTILINE)
    }


def test_a_quick_run_prints_every_table_and_keeps_every_figure(tmp_path: Path) -> None:
    if reason := load.missing():
        pytest.skip(reason)
    kept = tmp_path / "folder" / "bench.json"

    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--json", str(kept)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    results = report.read(kept)
    assert results.problems() == []
    assert all(each.values for each in results.figures)
    reasons = {each.name: each.missing() for each in CONTENDERS}
    assert results.skipped == {name: reason for name, reason in reasons.items() if reason}
    tables = tables_in(done.stdout)
    assert list(tables) == [table.title for table in report.TABLES.values()]
    assert {len({len(row) for row in table}) for table in tables.values()} == {1}
    there = [each.name for each in CONTENDERS if each.name not in results.skipped]
    assert [row[0] for row in tables["Requests a second"][1:]] == there
    assert [row[0] for row in tables["Cold start"][1:]] == there
    assert len(tables["All pairs"]) == 1 + 9
    text = kept.read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.])/(?:[\w.-]+/)+[\w.-]+", text) == []
    assert re.search(rf"\b{re.escape(socket.gethostname())}\b", text) is None


@pytest.fixture(scope="module")
def backend() -> Iterator[Started]:
    with canned(BACKEND, jobs=MANY) as there:
        yield there


@pytest.fixture(scope="module")
def expected(backend: Started) -> Iterator[dict[str, Answer]]:
    with started(GATEWAY, backend.port) as ours:
        yield right_answers(ours)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_answers_as_the_gateway_does(peer: Contender, backend: Started, expected: dict[str, Answer]) -> None:
    if reason := peer.missing():
        pytest.skip(reason)

    with started(peer, backend.port) as there:
        assert disagreeing(there, expected, backend) == []


def test_what_is_compared_covers_errors_and_edges(expected: dict[str, Answer]) -> None:
    assert {name: answer.status for name, answer in expected.items()} == {
        **dict.fromkeys(CASES, 200),
        "a page in the middle": 200,
        "a page behind the end": 200,
        "a job that is not there": 404,
        "a wrong key": 401,
        "no limit given": 200,
    }
    assert expected["a page behind the end"].json() == {"data": []}


def test_a_peer_that_answers_with_other_jobs_is_noticed(backend: Started, expected: dict[str, Answer]) -> None:
    with canned(CALLER, jobs=FEW) as there:
        fluent = Started(Contender("with other jobs", lambda *_: []), there.port, there.process)

        assert {"list 50: other jobs", "list 200: other jobs"} <= set(disagreeing(fluent, expected, backend))
        with pytest.raises(UnfitError, match="answers list 50 with 200"):
            right_answers(fluent)


def test_another_status_is_noticed_and_the_order_of_keys_is_not() -> None:
    right = {"one": Answer(200, b'{"a": 1, "b": [1, 2]}'), "two": Answer(404, b'{"error": "job not found"}')}

    assert disagreements(right, {"one": Answer(200, b'{"b":[1,2],"a":1}'), "two": Answer(404, b"")}) == []
    assert disagreements(right, {"one": Answer(200, b"<html>"), "two": Answer(200, b"{}")}) == [
        "one: other jobs",
        "two: 200 instead of 404",
    ]


def test_who_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.contenders.program", lambda _name: None)
    monkeypatch.setattr("bench.load.program", lambda _name: None)

    missing = [each.missing() for each in CONTENDERS]

    assert load.missing() == "wrk is not installed (bench/install.sh)"
    assert missing.count(None) == 2
    assert all(each is None or each.endswith(" is not installed (bench/install.sh)") for each in missing)


def test_who_answers_otherwise_or_not_at_all_is_not_measured(backend: Started) -> None:
    def fewer(port: int, _backend: int, _folder: Path) -> list[str]:
        return [sys.executable, "-m", "bench.canned", CALLER, str(port), "--jobs", str(FEW)]

    def broken(_port: int, _backend: int, _folder: Path) -> list[str]:
        return [sys.executable, "-c", "raise SystemExit('no such module')"]

    told: list[str] = []
    contenders = (GATEWAY, Contender("fewer", fewer), Contender("broken", broken))

    with field(Run(QUICK, contenders, backend, Sheet(), told.append)) as there:
        assert [each.name for each in there.started] == ["jobgateway"]
        assert there.unfit["fewer"].startswith("answers otherwise: ")
        assert there.unfit["broken"] == "does not start or does not answer"
    assert told == ["broken: it ended: no such module\n"]
