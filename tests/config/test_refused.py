"""Configurations that are refused, one a file, each with everything that is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.configs import CASES, ROOT, findings, read_case

PATHS = sorted((CASES / "refused").glob("*.yaml"))


def test_there_are_enough_of_them() -> None:
    assert len(PATHS) >= 60


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_wrong_configuration_is_told_all_that_is_wrong(path: Path, tmp_path: Path) -> None:
    case = read_case(path)
    acme = (ROOT / "docs" / "examples" / "acme.yaml").read_text(encoding="utf-8")

    said = findings(tmp_path, case.config, mode=case.mode, files={"acme.yaml": acme, **case.files})

    assert said == case.expected.splitlines()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_finding_shows_a_secret(path: Path) -> None:
    assert "sekret" not in read_case(path).expected
