"""A campaign: a target fuzzed for some seconds in a process of its own, and the figures of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from fuzz.exchange import ROOT
from fuzz.findings import replay
from fuzz.target import Target, target

KEPT: Final = ROOT / "build" / "fuzz"
"""Where inputs are kept for which something does not hold."""
PATIENCE: Final = 10
"""Seconds for one input, then it is a finding too."""
_MEMORY: Final = 2048
"""Megabytes, as above."""
_LINE: Final = re.compile(r"#(\d+)\s.* cov: (\d+) ft: (\d+) corp: (\d+)")
_FOUND: Final = re.compile(r"again: .*|.*Test unit written to (?P<path>\S+)")

_TALK: Final = re.compile(r"#\d+\s|INFO: |WARNING: Failed to find|\t?NEW_|Done \d+ runs|#####|\".*\" # Uses|stat::")
"""What the fuzzer says all the time."""


class Campaign(Struct, frozen=True):
    """What is to be done."""

    name: str
    seconds: int
    seed: int
    runs: int = -1
    """Inputs after which it ends; below nought: only the seconds count."""


class Figures(Struct):
    """What came of it."""

    runs: int = 0
    edges: int = 0
    """Places in the gateway's code that were come to."""
    features: int = 0
    """Those places, told apart by how often."""
    corpus: int = 0
    found: int = 0
    ended_well: bool = False

    def hear(self, line: str) -> None:
        """Learn from a line of the fuzzer's."""
        if counted := _LINE.match(line):
            self.runs, self.edges, self.features, self.corpus = map(int, counted.groups())

    def __str__(self) -> str:
        return (
            f"{self.runs} executions, {self.edges} edges, {self.features} features, "
            f"{self.corpus} inputs worth keeping, {self.found} crashes"
        )


def run(campaign: Campaign) -> Figures:
    """Fuzz, and show what is found as it is."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        seeds = _written(target(campaign.name), Path(folder) / "seeds")
        with subprocess.Popen(
            _command(campaign, seeds),
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},  # it does not clean up behind itself
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            _listen(process.stderr or (), figures, campaign.name)
    figures.ended_well = process.returncode == 0
    return figures


def _written(fuzzed: Target, folder: Path) -> Path:
    """The seeds as files, but for those that would be cut."""
    folder.mkdir()
    for index, seed in enumerate(fuzzed.seeds()):
        if len(seed) <= fuzzed.largest:
            (folder / f"{index:05}").write_bytes(seed)
    return folder


def _command(campaign: Campaign, seeds: Path) -> list[str]:
    kept = KEPT / campaign.name
    kept.mkdir(parents=True, exist_ok=True)
    flags = {
        "max_total_time": campaign.seconds,
        "seed": campaign.seed,
        "runs": campaign.runs,
        "max_len": target(campaign.name).largest,
        "timeout": PATIENCE,
        "rss_limit_mb": _MEMORY,
        "artifact_prefix": f"{kept}/",
        "reload": 0,
    }
    own = [f"-{name}={value}" for name, value in flags.items()]
    return [sys.executable, "-m", "fuzz.guided", campaign.name, str(kept), *own, str(seeds)]


def _listen(lines: Iterable[str], figures: Figures, name: str) -> None:
    """Count, and pass on what tells of a finding: all that is not the fuzzer's own talk."""
    for line in lines:
        figures.hear(line)
        if found := _FOUND.match(line):
            figures.found += 1
            sys.stderr.write(f"{replay(name, Path(found['path']))}\n" if found["path"] else line)
        elif not _TALK.match(line):
            sys.stderr.write(line)
