"""Hand-written exchanges: the format of the files under ``tests/exchanges``, which their README explains."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct, field

CALLER_ASKS = "the caller asks"
BACKEND_IS_ASKED = "the backend is asked"
SIDE_BY_SIDE = "the backend is asked, side by side"
BACKEND_ANSWERS = "the backend answers"
BACKEND_BREAKS_OFF = "the backend breaks off"
CALLER_IS_ANSWERED = "the caller is answered"

_RULER = re.compile(r"^=== (.*)$", re.MULTILINE)
_MANY = re.compile(r"^@(\d+)\.\.(\d+) (.*)$", re.MULTILINE)

Headers = tuple[tuple[str, str], ...]


class Setting(Struct, frozen=True, forbid_unknown_fields=True):
    """How the gateway is configured: one route, one backend, and who may ask."""

    caller: str
    """The caller's dialect."""
    backend: str
    """The backend's dialect."""
    profile: str = "documented"
    scope: str | None = None
    scopes: dict[str, str] | None = None
    """``*``: not confined."""
    fill: dict[str, Any] = field(default_factory=dict)
    credential: str | None = None
    """The gateway's own credential; without one the caller's is handed on."""
    callers: dict[str, str] | None = None
    """Name -> key."""
    own: dict[str, str] = field(default_factory=dict)
    """Caller -> its own credential for the backend."""
    only: tuple[str, ...] = ()
    """The callers that the route is for."""
    open: bool = False
    host: str | None = None
    prefix: str = ""
    limits: dict[str, int] = field(default_factory=dict)


class Message(Struct, frozen=True):
    """A request or an answer, as text; names of headers are in lower case."""

    start: str
    headers: Headers
    body: str


class Turn(Struct, frozen=True):
    """One thing that the backend is asked, and what it answers; ``None``: it breaks off."""

    asked: Message
    answer: Message | None
    batch: int
    """Turns of one batch are asked side by side."""


class Exchange(Struct, frozen=True):
    """A whole exchange."""

    shows: str
    setting: Setting
    request: Message
    turns: tuple[Turn, ...]
    answer: Message


def read_exchange(path: Path) -> Exchange:
    """The exchange in a file. Raises ``ValueError`` where it is not laid out as the README says."""
    return parse_exchange(path.read_text(encoding="utf-8"))


def parse_exchange(text: str) -> Exchange:
    """The exchange that a text lays out."""
    head, *parts = _RULER.split(text)
    sections = list(zip(parts[::2], map(_message, parts[1::2]), strict=True))
    if not head.startswith("# ") or not sections:
        raise ValueError("an exchange begins with a comment on what it shows")
    (first, request), *between, (last, answer) = sections
    if (first, last) != (CALLER_ASKS, CALLER_IS_ANSWERED):
        raise ValueError(f"an exchange goes from {CALLER_ASKS!r} to {CALLER_IS_ANSWERED!r}")
    setting = msgspec.convert(yaml.safe_load(head), Setting)
    return Exchange(head.splitlines()[0].removeprefix("# "), setting, request, _turns(between), answer)


def _turns(sections: list[tuple[str, Message]]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    side_by_side = False
    for (asks, asked), (answers, answer) in zip(sections[::2], sections[1::2], strict=True):
        if asks not in (BACKEND_IS_ASKED, SIDE_BY_SIDE) or answers not in (BACKEND_ANSWERS, BACKEND_BREAKS_OFF):
            raise ValueError(f"no such pair of sections: {asks!r}, {answers!r}")
        beside = asks == SIDE_BY_SIDE and side_by_side
        batch = turns[-1].batch + (not beside) if turns else 0
        turns.append(Turn(asked, answer if answers == BACKEND_ANSWERS else None, batch))
        side_by_side = asks == SIDE_BY_SIDE
    return tuple(turns)


def _message(text: str) -> Message:
    head, _, body = text.strip("\n").partition("\n\n")
    start, *lines = head.split("\n")
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Message(start, headers, f"{_MANY.sub(_many, body)}\n" if body else "")


def _many(match: re.Match[str]) -> str:
    """``@3..1 {"id": #}`` stands for the three lines with the numbers 3, 2 and 1, commas between."""
    first, last, line = int(match[1]), int(match[2]), match[3]
    step = 1 if last >= first else -1
    return ",\n".join(line.replace("#", str(number)) for number in range(first, last + step, step))


def content(media: str, body: str) -> object:
    """What two bodies are compared by: JSON as its value (``1`` is not ``1.0`` nor ``true``), other texts as they are."""
    if media.partition(";")[0] in ("application/json", "application/problem+json"):
        return json.dumps(json.loads(body), sort_keys=True, ensure_ascii=False, indent=1)
    return body
