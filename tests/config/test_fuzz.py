"""Whatever a file holds, it is a configuration or ``ConfigError``, and means the same to both parsers."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.configuration import Folder, refused
from jobgateway.config.compose import C_PARSER, PYTHON_PARSER
from jobgateway.config.findings import ConfigError
from jobgateway.config.show import masked
from jobgateway.config.specs import load_spec
from jobgateway.translation.spec import Spec
from support.configs import CASES, MINIMAL, ROOT, composed, read_case
from support.corpora import corpus

FULL = (CASES / "accepted" / "full.yaml").read_text(encoding="utf-8")
ACME = (ROOT / "docs" / "examples" / "acme.yaml").read_text(encoding="utf-8")
SEEDS = [MINIMAL, FULL, (ROOT / "gateway.yaml").read_text(encoding="utf-8")]
PIECES = [
    "&a ", "*a", "<<: ", "!!str ", "? ", "- ", ": ", "{", "}", "[", "]", ",", "\n", "  ", "\t", "#", "|\n", ">\n", "'", '"',
    "no", "010", "1:30", "~", "null", "${env:WORD}", "${", "$$", "---\n", "...\n", "%YAML 1.1\n", "\u00e9", "\u2028", "\\u0000",
    "replay", "explorer", "true", "10s", "16KiB", "demo://", "http://x", "/", "*", "-1", "9" * 30, "callers:\n", "key: x\n",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Folder]:
    with tempfile.TemporaryDirectory() as name:
        yield Folder(Path(name))


@st.composite
def mutations(draw: st.DrawFn, seeds: list[str]) -> str:
    """A good file with some pieces put in, taken out, doubled or moved."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from([*PIECES, text[start:end] * 2, ""]))
        text = text[:start] + piece + text[end:]
    return text


quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@given(data=st.binary(max_size=300))
@settings(quick, max_examples=150)
def test_any_bytes_are_a_configuration_or_findings(folder: Folder, data: bytes) -> None:
    assert refused(folder.load(data))


@given(text=st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(quick, max_examples=200)
def test_any_text_is_a_configuration_or_findings(folder: Folder, text: str) -> None:
    assert refused(folder.load(text.encode("utf-8", "surrogatepass")))


@given(text=mutations(SEEDS))
@settings(quick, max_examples=250)
def test_a_good_file_that_was_mutated_is_a_configuration_or_findings(folder: Folder, text: str) -> None:
    config = folder.load(text.encode("utf-8", "surrogatepass"))

    assert refused(config) or "sekret" not in json.dumps(masked(config))


@given(text=mutations([*SEEDS, ACME]))
@settings(quick, max_examples=150)
def test_what_both_parsers_read_they_read_alike(text: str) -> None:
    """Everything after the tree is one and the same code."""
    c, python = composed(text, C_PARSER), composed(text, PYTHON_PARSER)

    assert (c[1] == []) == (python[1] == [])
    if not any(problem.startswith(("not YAML", "a tag")) for _, problem in c[1] + python[1]):
        assert c == python


@given(text=mutations([ACME]))
@settings(quick, max_examples=150)
def test_a_good_spec_that_was_mutated_is_a_spec_or_findings(folder: Folder, text: str) -> None:
    path = folder.path / "mutated.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found: object = load_spec(path)
    except ConfigError as error:
        found = error.findings

    assert isinstance(found, Spec) or refused(found)


def test_the_suite_of_yaml_is_refused_case_by_case(folder: Folder) -> None:
    for line in corpus("yaml-test-suite.jsonl").splitlines():
        assert refused(folder.load(json.loads(line)["yaml"].encode()))


def test_refused_cases_look_alike_to_both_parsers() -> None:
    for path in sorted((CASES / "refused").glob("*.yaml")):
        c, python = (composed(read_case(path).config, parser) for parser in (C_PARSER, PYTHON_PARSER))
        assert c == python or (None, "not YAML") in python[1], path.name


@pytest.mark.slow
def test_a_campaign_of_mutations(folder: Folder) -> None:
    chance = random.Random(20261121)
    for _ in range(5_000):
        text = chance.choice(SEEDS)
        for _ in range(chance.randint(1, 5)):
            start = chance.randint(0, len(text))
            text = text[:start] + chance.choice(PIECES) + text[start + chance.randint(0, 15) :]
        config = folder.load(text.encode("utf-8", "surrogatepass"))
        assert refused(config) or config.routes
