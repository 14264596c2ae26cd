"""What is wrong with a file, and where: findings, and the one exception that carries them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

Path = tuple[str | int, ...]
"""Keys and list indices, from the top of a file."""

Severity = Literal["error", "warning"]

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_*-]+")
_LONGEST_SHOWN: Final = 60
_MOST_WORDS: Final = 1000


class Mark(Struct, frozen=True):
    """A place in a file, counted in characters from 1."""

    line: int
    column: int


class Finding(Struct, frozen=True):
    """One thing that is wrong; only errors stop ``run``. The text holds no secret."""

    file: str
    path: str
    problem: str
    mark: Mark | None = None
    """Absent where the file as a whole is meant."""
    suggestion: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.mark.line}:{self.mark.column}: " if self.mark else f"{self.file}: "
        label = "warning: " if self.severity == "warning" else ""
        path = f"{self.path}: " if self.path else ""
        hint = f"; did you mean {shown(self.suggestion)}?" if self.suggestion is not None else ""
        return f"{place}{label}{path}{self.problem}{hint}"


class ConfigError(Exception):
    """A file that cannot be used. ``findings`` holds everything that is wrong, in the file's order."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


def dotted(path: Path) -> str:
    """A path for people: ``routes[0].backend``; a key that needs it stands in quotes."""
    parts = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            plain = len(step) <= _LONGEST_SHOWN and _PLAIN_KEY.fullmatch(step)
            parts.append("." + (step if plain else _quoted(step, '"')))
    return "".join(parts).removeprefix(".")


def shown(text: str) -> str:
    """A text of the file within a finding: in quotes, without control characters, cut where it is long."""
    return _quoted(text, "'")


def _quoted(text: str, mark: str) -> str:
    short = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
    plain = short if short.isprintable() else json.dumps(short)[1:-1]
    return f"{mark}{plain}{mark}"


def listed(words: Iterable[str], last: str = "or") -> str:
    """Words as a list for people: ``a, b or c``."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if any."""
    if len(word) > _LONGEST_SHOWN:
        return None
    folded = {each.casefold(): each for each in list(known)[:_MOST_WORDS]}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.65)
    return folded[near[0]] if near else None
