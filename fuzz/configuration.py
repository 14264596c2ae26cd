"""Target: the text of a configuration, and of a dialect that one names.

A line ``---8<---`` parts the configuration from the dialect ``acme.yaml`` beside it; without one it is the usual one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from fuzz.exchange import CORPORA, ROOT
from fuzz.target import Target
from fuzz.words import words
from jobgateway.building import build_gateway
from jobgateway.config.findings import ConfigError, Finding
from jobgateway.config.load import load_config
from jobgateway.config.model import Config
from jobgateway.config.show import masked

ENVIRON: Final = {
    "BILLING_KEY": "sekret-billing-key",
    "REPLAY_KEY": "sekret-replay-key",
    "SPACED": "sekret with spaces",
    "EMPTY": "",
    "PORT": "8181",
    "WORD": "sekret-word",
}
"""What references are looked up in. Nothing that is said may hold what begins with sekret."""
LONGEST: Final = 1500
"""Characters of a finding."""
_PART: Final = b"\n---8<---\n"
_CASES: Final = ROOT / "tests" / "config"


class Folder:
    """Where a configuration and the files that it names are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._acme = (ROOT / "docs" / "examples" / "acme.yaml").read_bytes()
        (path / "shop.key").write_text("sekret-shop", encoding="utf-8")

    def load(self, text: bytes, dialect: bytes = b"") -> Config | tuple[Finding, ...]:
        """The configuration, or what is said; whatever else is raised is a bug."""
        path = self.path / "gateway.yaml"
        path.write_bytes(text)
        path.chmod(0o600)
        (self.path / "acme.yaml").write_bytes(dialect or self._acme)
        try:
            return load_config(path, ENVIRON)
        except ConfigError as error:
            return error.findings


def refused(result: Config | tuple[Finding, ...]) -> bool:
    """Whether there are findings, as they ought to be: short, each on one line, one of them an error."""
    if isinstance(result, Config):
        return False
    assert any(finding.severity == "error" for finding in result)
    for finding in result:
        assert len(str(finding).splitlines()) == 1, finding
        assert len(str(finding)) < LONGEST, finding
    return True


def hold(folder: Folder, data: bytes) -> None:
    """What must hold of all that a file can hold: a gateway can be built of what is taken, and no secret is shown."""
    text, _, dialect = data.partition(_PART)
    result = folder.load(text, dialect)
    if isinstance(result, tuple):
        assert refused(result)
        # Of what stands in the file itself, keys are shown, and a secret can have slipped into one.
        assert b"sekret" in data or "sekret" not in "".join(map(str, result)), result
        return
    assert "sekret" not in json.dumps(masked(result)) + repr(result), "a secret is shown"
    assert all(finding.severity == "warning" for finding in result.warnings), result.warnings
    build_gateway(result)


@cache
def _place() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


@cache
def _folder() -> Folder:
    return Folder(Path(_place().name))


def check(data: bytes) -> None:
    """The same, in a folder that lasts as long as the process."""
    hold(_folder(), data)


def _seeds() -> Iterator[bytes]:
    acme = (ROOT / "docs" / "examples" / "acme.yaml").read_bytes()
    yield (ROOT / "gateway.yaml").read_bytes()
    yield (_CASES / "accepted" / "full.yaml").read_bytes()
    naming = b"version: 1\ndialects: {acme: ./acme.yaml}\nbackends:\n  b: {dialect: acme, url: 'demo://'}\n"
    yield naming + b"routes:\n  - {dialect: acme, backend: b}" + _PART + acme
    yield naming + b"routes:\n  - {dialect: explorer, backend: b}"
    for path in sorted(ROOT.glob("src/jobgateway/dialects/*.yaml")):
        yield naming + b"routes:\n  - {dialect: openreplay-v2, backend: b}" + _PART + path.read_bytes()
    for path in sorted((_CASES / "refused").glob("*.yaml")):
        yield path.read_bytes().partition(b"\n---8<---")[0]
    for path in CORPORA.glob("yaml-test-suite.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["yaml"].encode("utf-8", "surrogatepass")


WORDS: Final = (*words("configuration"), b"{" * 60, b"[" * 60, b"- " * 60)
TARGET: Final = Target(check, _seeds, WORDS, largest=8192)
