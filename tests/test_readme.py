"""The README and the documents: their commands are run, and print what is shown."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.consoles import Command, blocks, commands, pattern, play
from support.processes import free_port
from support.specs import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted(ROOT.glob("docs/**/*.md")),
]
PLAYED = [document for document in DOCUMENTS if any(block.kind == "console" for block in blocks(document))]
KINDS = {
    "console": r"|output of: .+",
    "yaml": r"file: .+|from: .+",
    "diff": r"edit: .+",
    "sh": r"set-up|test|not run: .+",
}
"""The kinds of fenced blocks, and what the comment before one may be."""
NOT_OURS = shutil.ignore_patterns(".venv", ".git", "*_cache", ".hypothesis", "__pycache__", "*.egg-info", ".coverage*")


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_fenced_block_is_of_a_kind_that_is_tested(document: Path) -> None:
    strange = [block for block in blocks(document) if not re.fullmatch(KINDS.get(block.kind, "(?!)"), block.note)]

    assert [f"{name_of(document)}:{block.line}: {block.kind!r} {block.note!r}" for block in strange] == []


def test_the_documents_that_are_played_are_those_that_teach() -> None:
    assert [name_of(document) for document in PLAYED] == ["README.md", "docs/adding-a-dialect.md"]


@pytest.mark.parametrize("document", PLAYED, ids=name_of)
def test_a_reader_who_follows_a_document_sees_what_it_shows(document: Path, tmp_path: Path) -> None:
    play(document, tmp_path)

    assert (tmp_path / "gateway.yaml").is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_excerpts_are_what_stands_in_the_files(document: Path) -> None:
    excerpts = [block for block in blocks(document) if block.note.startswith("from: ")]

    for block in excerpts:
        assert block.text in (ROOT / block.note.removeprefix("from: ")).read_text(encoding="utf-8"), block.text


def set_up_lines() -> dict[str, str]:
    """The README's lines for a fresh machine, by what they are for."""
    return {block.note: block.text for block in blocks(ROOT / "README.md") if block.note in ("set-up", "test")}


def test_the_two_lines_for_a_fresh_machine_are_single_lines() -> None:
    lines = set_up_lines()

    assert [text.count("\n") for text in lines.values()] == [1, 1]
    assert lines["set-up"].startswith("python3 -m venv .venv && .venv/bin/pip install -q . && ")


def test_continuous_integration_finds_the_test_command_and_its_set_up() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    lines = "\n".join(line for line in script.splitlines() if re.match(r"(test_command|set_up)=", line))

    found = subprocess.run(
        ["bash", "-c", f'{lines}\nprintf "%s\\n%s\\n" "$test_command" "$set_up"'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert found == [set_up_lines()["test"].strip(), "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]'"]


def test_an_elision_stands_for_anything_in_a_line_and_alone_for_any_lines() -> None:
    assert pattern(['{"a":...,"c":3}']).fullmatch('{"a":1,"b":[2],"c":3}\n')
    assert pattern(["first", "...", "last"]).fullmatch("first\nsecond\nthird\nlast\n")
    assert not pattern(['{"a":...}']).fullmatch('{"a":1\n}\n')
    assert not pattern(["exactly."]).fullmatch("exactly!\n")


def test_a_document_that_shows_something_else_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "false.md"
    document.write_text("```console\n$ jobgateway version\njobgateway 99.0.0\n```\n", encoding="utf-8")
    (tmp_path / "reader").mkdir()

    with pytest.raises(AssertionError, match=r"printed\njobgateway 0\.1\.0"):
        play(document, tmp_path / "reader")


def test_a_command_that_fails_unannounced_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "failing.md"
    document.write_text("```console\n$ false\n```\n", encoding="utf-8")
    (tmp_path / "reader").mkdir()

    with pytest.raises(AssertionError, match="ended with 1"):
        play(document, tmp_path / "reader")


def test_the_commands_of_a_block_are_told_from_what_they_print(tmp_path: Path) -> None:
    document = tmp_path / "two.md"
    document.write_text("```console\n$ echo \\\n  one\none\n$ true\n```\n", encoding="utf-8")

    assert list(commands(blocks(document)[0])) == [Command("echo \\\n  one", ["one"]), Command("true", [])]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl to compare with")
def test_the_stand_in_for_curl_prints_what_curl_prints(tmp_path: Path) -> None:
    document = tmp_path / "curl.md"
    asked = (
        "-s -i -X DELETE -H 'Authorization: Bearer k' -H 'X-Request-Id: one' http://127.0.0.1:7102/public/p/jobs/3452"
    )
    stand_in = f"{sys.executable} {ROOT / 'tests/support/curl.py'}"
    document.write_text(
        "```console\n$ jobgateway mock openreplay-v2 --port 7102 &\nhttp://127.0.0.1:7102\n"
        f"$ curl {asked} | grep -v ^date: > real\n$ {stand_in} {asked} | grep -v ^date: > stood-in\n"
        "$ diff real stood-in && grep -c already real\n1\n```\n",
        encoding="utf-8",
    )
    (tmp_path / "reader").mkdir()

    play(document, tmp_path / "reader")

    assert (tmp_path / "reader" / "real").read_bytes() == (tmp_path / "reader" / "stood-in").read_bytes()


@pytest.fixture
def fresh_checkout(tmp_path: Path) -> Path:
    """A copy of the checkout without anything that was made in it, on a machine that can install packages."""
    if shutil.which("python3") is None:
        pytest.skip("there is no python3 on the path")
    probe = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path / "probe"), "h11"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no package index can be reached")
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=NOT_OURS)
    return checkout


@pytest.mark.slow
def test_the_first_line_runs_on_a_fresh_machine_and_its_curl_lines_are_answered(fresh_checkout: Path) -> None:
    text = (fresh_checkout / "gateway.yaml").read_text(encoding="utf-8")
    for port in ("8080", "9090"):
        text = text.replace(f"port: {port}", f"port: {free_port()}")
    (fresh_checkout / "gateway.yaml").write_text(text, encoding="utf-8")
    line = set_up_lines()["set-up"].replace("&& .venv/bin/jobgateway", "&& exec .venv/bin/jobgateway")
    process = subprocess.Popen(
        ["sh", "-c", line], cwd=fresh_checkout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        told = curl_lines(process)
        answers = [
            subprocess.run(["sh", "-c", f"{line} -s"], capture_output=True, text=True, check=True) for line in told
        ]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        code = process.returncode

    assert code == 0
    assert len(answers) == 3
    assert all('"data"' in answer.stdout for answer in answers)


def curl_lines(process: subprocess.Popen[str]) -> list[str]:
    """The lines that the gateway prints once it is there; all that was said, where it ends before."""
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        lines = [each.strip() for each in said if each.startswith("  curl ")]
        if len(lines) == 3:
            return lines
    raise AssertionError("".join(said))


@pytest.mark.slow
def test_the_second_line_runs_tests_on_a_fresh_machine(fresh_checkout: Path) -> None:
    line = f"{set_up_lines()['test'].strip()} tests/translation/test_paging.py tests/test_docs.py"

    done = subprocess.run(
        ["sh", "-c", line], cwd=fresh_checkout, capture_output=True, text=True, check=False, env=bare()
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def bare() -> dict[str, str]:
    """The environment without what a test run puts there."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COVERAGE", "COV_"))}
