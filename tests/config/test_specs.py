"""Dialects' data files: the shipped ones, and what is said about those that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobgateway.config.findings import ConfigError
from jobgateway.config.specs import load_spec, shipped_dialects, shipped_specs
from jobgateway.translation.checks import problems_of
from jobgateway.translation.hub import Reason, Status
from support.configs import ROOT

QUOTED = "status: '409'"
ACME = ROOT / "docs" / "examples" / "acme.yaml"


def test_the_shipped_dialects_are_the_files_of_their_folder() -> None:
    files = {path.stem for path in (ROOT / "src" / "jobgateway" / "dialects").glob("*.yaml")}

    assert set(shipped_specs()) == files == set(shipped_dialects())
    assert all(name == spec.dialect and problems_of(spec) == [] for name, spec in shipped_specs().items())


def test_nobody_can_change_what_is_shipped() -> None:
    shipped_specs().clear()

    assert len(shipped_specs()) == 3
    with pytest.raises(TypeError):
        shipped_dialects()["x"] = shipped_dialects()["explorer"]  # type: ignore[index]


def test_a_spec_keeps_its_types() -> None:
    spec = shipped_specs()["explorer"]

    assert spec.statuses[Status.STOPPING].word == 5
    assert spec.refusals.forms[Reason.NO_JOB][0].code == 40404000
    assert spec.paging is not None and spec.paging.size.largest == 200
    assert spec.examples[0]["createTime"] == 1657847355906
    assert shipped_specs()["openreplay-v1"].examples[0]["errors"] is None


def told(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_spec(path)
    return [str(finding).removeprefix(f"{path}:") for finding in caught.value.findings]


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    text = ACME.read_text(encoding="utf-8")
    for before, after in changes:
        assert text.count(before) >= 1
        text = text.replace(before, after, 1)
    path = folder / "acme.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_loaded_by_its_path() -> None:
    assert load_spec(ACME) == load_spec(str(ACME))
    assert load_spec(ACME).dialect == "acme"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert told(tmp_path / "none.yaml") == [" cannot be read: there is no such file"]


def place(path: Path, snippet: str) -> str:
    """Line and column of a text in a file."""
    before = path.read_text(encoding="utf-8").partition(snippet)[0].split("\n")
    return f"{len(before)}:{len(before[-1]) + 1}"


def test_words_that_are_not_known_are_told_all_at_once(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("title: ACME Batch API v3", "titel: ACME Batch API v3"),
        ("codec: integer", "codec: intger"),
        ("too_large: clamp", "too_large: clmp"),
        ("  scheduled:", "  schedulled:"),
        ("    no_job:", "    nojob:"),
        ("status: 409", "status: '409'"),
    )

    assert told(path) == [
        f"{place(path, 'dialect: acme')}: title: missing",
        f"{place(path, 'titel')}: titel: unknown key; did you mean 'title'?",
        f"{place(path, 'too_large: clmp')}: paging.size.too_large: 'clmp' is not default, refuse, clamp or accept; did you mean 'clamp'?",
        f"{place(path, 'schedulled')}: statuses.schedulled: 'schedulled' is not scheduled, running, stopping, completed, failed or cancelled; did you mean 'scheduled'?",
        f"{place(path, 'codec: intger')}: job.id.codec: 'intger' is not integer, text, status, millis, iso, rfc3339 or tasks; did you mean 'integer'?",
        f"{place(path, 'nojob')}: refusals.forms.nojob: 'nojob' is not known here; did you mean 'no_job'?",
        f"{place(path, QUOTED)}: refusals.forms.not_cancellable[0].status: '409' is a text; write the number without quotes",
    ]


def test_what_does_not_go_together_is_told_at_its_line(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("label, codec: text", "label, codec: millis"),
        ("default: 20, largest: 100", "default: 200, largest: 100"),
        ('"/batch/v3/jobs/{id}"', '"/batch/v3/jobs/{scope}"'),
        ("{text: Method Not Allowed}", "{text: Method Not Allowed, layout: plain}"),
    )

    assert [line.split(": ")[:2] for line in told(path)] == [
        [place(path, 'path: "/batch/v3/jobs/{scope}"'), "operations.get.path"],
        [place(path, "size: {key: limit"), "paging.size"],
        [place(path, "codec: millis"), "job.title.codec"],
        [place(path, "layout: plain"), "refusals.forms.no_method[0].layout"],
    ]


def test_an_example_that_does_not_fit_is_told_at_its_line(tmp_path: Path) -> None:
    path = changed(tmp_path, ('"number": 9002', '"number": "9002"'))

    [line] = told(path)
    start = '{"job": {"number": "9002"'
    assert line.startswith(f"{place(path, start)}: examples[1]: ")


def test_a_dollar_sign_in_a_spec_is_one(tmp_path: Path) -> None:
    spec = load_spec(changed(tmp_path, ("title: ACME Batch API v3", "title: ${env:HOME} $$")))

    assert spec.title == "${env:HOME} $$"
