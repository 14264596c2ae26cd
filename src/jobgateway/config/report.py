"""The collector of what is wrong with one file, while it is read."""

from __future__ import annotations

from typing import Final

from jobgateway.config.findings import ConfigError, Finding, Mark, Path, Severity, dotted, shown
from jobgateway.config.nodes import Node, mark_of

_MOST_FINDINGS: Final = 100


class Report:
    """What is wrong with one file so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self._found: list[Finding] = []
        self._referred: dict[Path, str] = {}
        self._hurt: set[Path] = set()
        self._around: set[Path] = set()

    def add(
        self,
        path: Path,
        problem: str,
        *,
        at: Mark | None = None,
        near: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Note a problem; its place is found by its path unless given; ``near`` is what was probably meant.

        Raises ``ConfigError`` where there are too many, so that the work on a hostile file has a bound.
        """
        mark = at or (mark_of(self.root, path) if self.root is not None else None)
        self._found.append(Finding(self.file, dotted(path), problem, mark, near, severity))
        if severity == "error":
            self._hurt.add(path)
            self._around.update(path[:length] for length in range(len(path)))
        if len(self._found) == _MOST_FINDINGS:
            rest = Finding(self.file, "", f"more than {_MOST_FINDINGS} problems; the others are left out")
            raise ConfigError((*self.findings(), rest))

    def refer(self, path: Path, shown: str) -> None:
        """Remember that a reference stands at a path, so that no finding shows what it brought."""
        self._referred[path] = shown

    def shown(self, path: Path, text: str) -> str:
        """How a finding may name the text at a path."""
        return self._referred.get(path) or shown(text)

    def warn(self, path: Path, problem: str) -> None:
        """Note what is probably not meant, but can be run."""
        self.add(path, problem, severity="warning")

    def sound(self, *paths: Path) -> bool:
        """Whether no error was found at, around or within these paths: their values can be relied on."""
        return all(self.stands(path) and path not in self._around for path in paths)

    def stands(self, path: Path) -> bool:
        """Whether no error was found at or around a path: its value has its type, but there may be errors in it."""
        return not any(path[:length] in self._hurt for length in range(len(path) + 1))

    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the file's order; those of the file as a whole come first."""
        return tuple(sorted(self._found, key=_place))

    def failed(self) -> bool:
        """Whether there is an error among them."""
        return any(finding.severity == "error" for finding in self._found)


def _place(finding: Finding) -> tuple[int, int]:
    return (finding.mark.line, finding.mark.column) if finding.mark else (0, 0)
