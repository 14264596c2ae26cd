"""The exchanges that the tests keep as files, taken apart as seeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
CORPORA: Final = ROOT.parent / "shared" / "corpora"
"""Hostile input that others collected, where it stands beside the checkout."""
_MESSAGE: Final = re.compile(r"^=== the (caller asks|backend answers)\n(.*?)(?=^===|\Z)", re.MULTILINE | re.DOTALL)


def messages(kind: str) -> Iterator[tuple[list[str], bytes]]:
    """The head's lines and the body of all messages of a kind: ``caller asks`` or ``backend answers``."""
    for path in sorted(ROOT.glob("tests/exchanges/**/*.http")):
        for found in _MESSAGE.finditer(path.read_text(encoding="utf-8")):
            if found[1] == kind:
                head, _, body = found[2].partition("\n\n")
                yield head.splitlines(), body.strip("\n").encode()


def framed(lines: list[str], body: bytes) -> bytes:
    """A message as it goes over the wire."""
    if body:
        lines = [*lines, f"Content-Length: {len(body)}"]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape") + b"\r\n" + body
