"""Configurations in files: loading a text, and the cases that are kept as files."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobgateway.config.compose import compose
from jobgateway.config.findings import ConfigError, Mark
from jobgateway.config.load import load_config
from jobgateway.config.model import Config
from jobgateway.config.nodes import Node
from jobgateway.config.report import Report

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "config"
SEPARATOR = re.compile(r"^---8<---(?: (?P<name>\S+))?\n", re.MULTILINE)

MINIMAL = """\
version: 1
backends:
  replay: {dialect: openreplay-v2, url: demo://, scope: 3sWXSsqHgSKnE87YkNJK}
routes:
  - {dialect: explorer, backend: replay}
"""

ENVIRON = {
    "BILLING_KEY": "sekret-billing-key",
    "REPLAY_KEY": "sekret-replay-key",
    "SPACED": "sekret with spaces",
    "EMPTY": "",
    "PORT": "8181",
    "WORD": "sekret-word",
}
"""What every case's references are looked up in. No finding may hold what begins with sekret."""


@dataclass(frozen=True)
class Case:
    """A configuration that is refused, and all that is said about it."""

    config: str
    expected: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def mode(self) -> int:
        found = re.match(r"# mode: ([0-7]+)\n", self.config)
        return int(found[1], 8) if found else 0o644


def read_case(path: Path) -> Case:
    """A case: the configuration, files beside it each after a separator with its name, and the findings."""
    first, *parts = SEPARATOR.split(path.read_text(encoding="utf-8"))
    sections = list(zip(parts[::2], parts[1::2], strict=True))
    assert [name for name, _ in sections].count(None) == 1 and sections[-1][0] is None, path
    return Case(first, sections[-1][1].strip(), dict(sections[:-1]))


def load(
    folder: Path,
    text: str | bytes,
    *,
    environ: Mapping[str, str] = ENVIRON,
    mode: int = 0o644,
    files: Mapping[str, str] | None = None,
) -> Config:
    """The configuration of a text that is written to ``gateway.yaml`` in a folder."""
    for name, content in (files or {}).items():
        (folder / name).write_text(content, encoding="utf-8")
    path = folder / "gateway.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    with contextlib.chdir(folder):
        return load_config("gateway.yaml", environ)


def findings(folder: Path, text: str | bytes, **how: object) -> list[str]:
    """What is said about a text that is refused."""
    try:
        load(folder, text, **how)  # type: ignore[arg-type]
    except ConfigError as error:
        return [str(finding) for finding in error.findings]
    raise AssertionError("the configuration is accepted")


def composed(text: str | bytes, parser: object) -> tuple[Node | None, list[tuple[Mark | None, str]]]:
    """The tree of a text, and what is said about it: without the words of a syntax error, which are each parser's own."""
    report = Report("a.yaml")
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        root, found = compose(data, report, parser), report.findings()
    except ConfigError as error:
        root, found = None, error.findings
    said = [(each.mark, each.problem) for each in found]
    return root, [(None, "not YAML") if problem.startswith("not YAML") else (mark, problem) for mark, problem in said]
