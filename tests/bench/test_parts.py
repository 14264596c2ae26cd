"""The parts of the benchmarks: what wrk prints is read rightly, rates are kept, figures become tables."""

from __future__ import annotations

import asyncio
import re
from itertools import product
from pathlib import Path

import msgspec
import pytest
from bench.backends import canned
from bench.figures import FULL, Results, Sheet
from bench.inside import Inside
from bench.load import read
from bench.steady import Waited, steady
from bench.walks import WalkError, page_after_page, whole
from bench.wording import BACKEND, CALLER, FEW, SCOPE, page, wanted

from bench import profile, report
from jobgateway.config.specs import shipped_dialects
from jobgateway.translation.hub import ListJobs
from support.specs import ROOT

WRK = """Running 1s test @ http://127.0.0.1:8080/public/bench/jobs
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   371.85us  101.21us   2.56ms   91.03%
    Req/Sec    21.55k   639.66    22.72k    70.00%
  21480 requests in 1.00s, 195.21MB read
{errors}Requests/sec:  21454.25
Transfer/sec:    194.98MB
"""
NAMES = sorted(shipped_dialects())
KEPT = ROOT / "docs" / "benchmarks.json"
DOCUMENTS = [path for path in (ROOT / "README.md", ROOT / "docs" / "benchmarks.md") if path.exists()]


def test_what_wrk_prints_is_read() -> None:
    assert read(WRK.format(errors="")) == (21454.25, 21480, 0)


def test_errors_of_every_kind_are_counted() -> None:
    errors = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 50\n"

    assert read(WRK.format(errors=errors))[2] == 60


def test_what_wrk_does_not_say_is_not_made_up() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        read("unable to connect to 127.0.0.1:1 Connection refused")


def test_as_many_requests_leave_as_are_due_and_each_is_timed() -> None:
    with canned(BACKEND, jobs=FEW) as there:
        waited = steady(there.port, wanted(BACKEND, page(50)), rate=200, seconds=0.2, connections=4)

    assert (len(waited.seconds), waited.errors) == (40, 0)
    assert min(waited.seconds) > 0


def test_answers_that_are_no_success_are_errors_and_no_times() -> None:
    with canned(BACKEND, jobs=FEW) as there:
        request = wanted(BACKEND, page(50), key="x" * 20)
        waited = steady(there.port, request, rate=100, seconds=0.1, connections=2)

    assert (waited.seconds, waited.errors) == ([], 10)


def test_a_quantile_is_a_wait_that_happened() -> None:
    waited = Waited([0.4, 0.1, 0.3, 0.2], 0)

    assert [waited.quantile(share) for share in (0.0, 0.5, 0.99, 1.0)] == [0.1, 0.3, 0.4, 0.4]


@pytest.mark.parametrize("dialect", ["explorer", "openreplay-v2"])
def test_page_after_page_is_the_whole_list(dialect: str) -> None:
    with canned(dialect, jobs=FEW * 2 + 1) as there:
        assert page_after_page(there.port, dialect).jobs == FEW * 2 + 1


def test_a_whole_list_is_counted_and_a_refusal_is_none() -> None:
    with canned("openreplay-v1", jobs=FEW) as there:
        assert whole(there.port, wanted("openreplay-v1", ListJobs(SCOPE)), "openreplay-v1").jobs == FEW
        with pytest.raises(WalkError, match="answered with 401"):
            whole(there.port, wanted("openreplay-v1", ListJobs(SCOPE), key="x" * 20), "openreplay-v1")
        with pytest.raises(WalkError, match="has no pages"):
            page_after_page(there.port, "openreplay-v1")


def sheet() -> Sheet:
    made = Sheet()
    for rate in (100.0, 110.0, 90.0):
        made.add(("peers", "jobgateway", "get 1 job"), "/s", rate)
        made.add(("peers", "another", "get 1 job"), "/s", rate / 2, busy=0.5)
    made.add(("peers", "broken", "get 1 job"), "/s", 5.0)
    made.fail(("peers", "broken", "get 1 job"), "3 errors")
    made.fail(("peers", "broken", "get 1 job"), "something else")
    made.add(("cold", "jobgateway", "first answer"), "s", 0.25)
    return made


def results() -> Results:
    machine = {"cpu": "a cpu", "cores": 2, "pinned": True, "others": 0.02, "system": "Linux", "kernel": "6.1"}
    return Results("2026-11-21", FULL, {**machine, "python": "3.11", "versions": {}}, {}, sheet().figures())


def test_a_figure_is_the_median_with_its_spread() -> None:
    figure = sheet().figures()[0]

    assert (figure.median, figure.spread) == (100.0, 0.1)


def test_one_error_leaves_no_figure_and_its_first_reason() -> None:
    (problem,) = results().problems()

    assert problem == "peers, broken, get 1 job: 3 errors"
    assert [each.values for each in results().figures if each.row == "broken"] == [()]


def test_a_table_shows_median_spread_ratio_and_what_was_not_the_limit() -> None:
    assert report.rows(results(), "peers").splitlines() == [
        "| openreplay-v2 caller over explorer backend | get 1 job |",
        "| --- | ---: |",
        "| jobgateway | 100 ±10% |",
        "| another | 50 ±10%* (x2.00) |",
        "| broken | none |",
    ]
    assert "No figure: peers, broken, get 1 job: 3 errors." in report.tables(results())


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (23_456.7, "/s", "23,457"),
        (1.5, "s", "1.50 s"),
        (0.0123, "s", "12.3 ms"),
        (0.0000004, "s", "0.40 µs"),
        (0.5, "s", "500 ms"),
        (50 * 1024 * 1024, "B", "50.0 MiB"),
        (4.936, "", "4.94"),
    ],
)
def test_quantities_are_as_exact_as_they_deserve(value: float, unit: str, text: str) -> None:
    assert report.quantity(value, unit) == text


def test_tables_are_put_between_their_marks_and_only_there(tmp_path: Path) -> None:
    kept, document = tmp_path / "run.json", tmp_path / "one.md"
    kept.write_bytes(msgspec.json.encode(results()))
    document.write_text("a\n<!-- bench: cold -->\nold\n<!-- end -->\nb\n<!-- bench: pairs -->\nkept\n<!-- end -->\n")

    assert report.main([str(kept), str(document)]) == 0
    once = document.read_text(encoding="utf-8")
    assert report.main([str(kept), str(document)]) == 0

    assert document.read_text(encoding="utf-8") == once
    assert once == (
        "a\n<!-- bench: cold -->\n| who | first answer |\n| --- | ---: |\n| jobgateway | 250 ms |\n<!-- end -->\n"
        "b\n<!-- bench: pairs -->\nkept\n<!-- end -->\n"
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_figures_in_a_document_are_those_of_the_run_that_is_kept(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    if not KEPT.exists():
        assert re.findall(r"<!-- bench(?:: \w+)? -->\n(?!<!-- end -->)", text) == []
        return

    run = report.read(KEPT)

    assert report.renewed(text, run) == text
    assert not run.setting.quick
    assert run.problems() == []


@pytest.mark.parametrize("pair", list(product(NAMES, NAMES)), ids=" over ".join)
def test_every_pair_can_be_looked_into(pair: tuple[str, str]) -> None:
    async def times() -> dict[str, profile.Timed]:
        return await profile.measure(Inside(*pair, "list 200"), repeat=1)

    found = asyncio.run(times())

    assert list(found) == ["edge", "gateway", "hub"]
    assert all(0 < each.least <= each.median for each in found.values())


def test_times_that_were_kept_are_compared_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "before.json"

    assert profile.main(["get 1 job", "--repeat", "20", "--save", str(kept)]) == 0
    assert profile.main(["get 1 job", "--repeat", "20", "--against", str(kept), "--profile"]) == 0

    told = capsys.readouterr().out
    line = rf"^{CALLER} over {BACKEND}, get 1 job: edge +least +[\d.]+ µs, median +[\d.]+ µs"
    assert len(re.findall(rf"{line}$", told, re.MULTILINE)) == 1
    assert len(re.findall(rf"{line} \([+-][\d.]+%, [+-][\d.]+%\)$", told, re.MULTILINE)) == 1
    assert "Ordered by: internal time" in told
