"""Hostile input that others collected, where the folder ``shared/`` stands beside the checkout."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"


def corpus(name: str) -> str:
    """The text of a corpus; the test is skipped where it is not there."""
    path = CORPORA / name
    if not path.is_file():
        pytest.skip(f"the corpus {name} is not beside this checkout")
    return path.read_text(encoding="utf-8")


def traversals() -> list[str]:
    """Paths that try to leave their folder."""
    return corpus("path-traversal.txt").splitlines()


def naughty_strings() -> list[str]:
    """The big list of naughty strings."""
    strings: list[str] = json.loads(corpus("blns.json"))
    return strings


def json_cases() -> list[tuple[str, str, bytes]]:
    """Name, verdict (``y``, ``n`` or ``i``) and bytes of each file of JSONTestSuite."""
    cases: list[dict[str, Any]] = [json.loads(line) for line in corpus("JSONTestSuite/cases.jsonl").splitlines()]
    return [(case["name"], case["verdict"], base64.b64decode(case["bytes_base64"])) for case in cases]
