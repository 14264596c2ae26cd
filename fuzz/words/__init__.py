"""What inputs may hold that chance would not come upon: files of a word a line, escaped as in Python."""

from __future__ import annotations

from pathlib import Path


def words(name: str) -> tuple[bytes, ...]:
    """The words of a file."""
    lines = (Path(__file__).parent / f"{name}.txt").read_text(encoding="ascii").split("\n")
    return tuple(line.encode().decode("unicode_escape").encode("latin-1") for line in lines if line)
