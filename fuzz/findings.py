"""Inputs for which something does not hold, kept as files, each kind once."""

from __future__ import annotations

import hashlib
import sys
import traceback
from pathlib import Path
from typing import Final

_MOST: Final = 20
"""Kinds that are kept: who finds more has one reason for all of them."""


class Findings:
    """Keeps an input and says how to play it again."""

    def __init__(self, target: str, folder: Path) -> None:
        self._target = target
        self._folder = folder
        self._kinds: set[str] = set()

    def keep(self, data: bytes, error: Exception) -> None:
        """Keep an input, unless one for which the same failed at the same place is kept already."""
        kind = kind_of(error)
        if kind in self._kinds or len(self._kinds) >= _MOST:
            return
        self._kinds.add(kind)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"crash-{hashlib.sha256(kind.encode()).hexdigest()[:12]}"
        path.write_bytes(data)
        traceback.print_exception(error)
        print(replay(self._target, path), file=sys.stderr, flush=True)


def kind_of(error: Exception) -> str:
    """The type of an error, and the innermost place it was raised at."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {place}"


def replay(target: str, path: Path) -> str:
    """The command that plays a kept input again."""
    return f"again: python -m fuzz {target} --replay {path}"
