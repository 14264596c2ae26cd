"""Campaigns: how they are asked for, what is kept of them, and that they find what is there."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import fuzz.__main__ as command
from fuzz.campaign import Figures
from fuzz.findings import Findings
from support.specs import ROOT


def asked(*words: str) -> subprocess.CompletedProcess[str]:
    """What the command says."""
    return subprocess.run([sys.executable, "-m", "fuzz", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_without_atheris_there_is_a_sentence_and_no_campaign(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "argv", ["fuzz", "callers"])

    assert command.main() == 2
    assert capsys.readouterr().err == (
        "atheris is not installed, which guides the campaigns: pip install -e '.[fuzz]'\n"
    )


def test_an_input_is_played_again(tmp_path: Path) -> None:
    path = tmp_path / "crash"
    path.write_bytes(b"0 1\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")

    again = asked("callers", "--replay", str(path))

    assert (again.returncode, again.stdout, again.stderr) == (0, "holds\n", "")


def failed(text: str) -> Exception:
    """What a check raises, always at the same place."""
    with pytest.raises(AssertionError) as caught:
        assert not text, text
    return caught.value


def test_of_inputs_that_fail_alike_one_is_kept_with_the_command_that_plays_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = Findings("answers", tmp_path / "kept")
    for data in (b"first", b"second"):
        findings.keep(data, failed("no"))
    findings.keep(b"third", ValueError("otherwise"))

    kept = sorted((tmp_path / "kept").iterdir(), key=lambda path: path.read_bytes())
    said = capsys.readouterr().err
    assert [path.read_bytes() for path in kept] == [b"first", b"third"]
    assert said.count("again: python -m fuzz answers --replay ") == 2
    assert all(str(path) in said for path in kept)


def test_figures_are_read_from_what_the_fuzzer_says() -> None:
    figures = Figures()
    for line in ("INFO: Seed: 5\n", "#314\tNEW    cov: 3 ft: 4 corp: 2/3b lim: 4096 exec/s: 0 rss: 40Mb L: 2/2\n"):
        figures.hear(line)
    figures.hear("#1136714\tDONE   cov: 30 ft: 40 corp: 20/3b lim: 4096 exec/s: 378904 rss: 40Mb\n")

    assert str(figures) == "1136714 executions, 30 edges, 40 features, 20 inputs worth keeping, 0 crashes"


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed: .[fuzz]")
def test_the_same_seed_brings_the_same_campaign() -> None:
    campaigns = [asked("configuration", "--seconds", "60", "--runs", "700", "--seed", "5") for _ in range(2)]

    assert [each.returncode for each in campaigns] == [0, 0]
    assert campaigns[0].stdout == campaigns[1].stdout
    assert " edges, " in campaigns[0].stdout
