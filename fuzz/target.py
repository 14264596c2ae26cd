"""What is fuzzed: a check of any bytes, and what campaigns begin with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Final

from msgspec import Struct

NAMES: Final = ("callers", "answers", "replies", "configuration")
"""Each is the module of its target."""


class Target(Struct, frozen=True):
    """One side of the gateway that strangers write to."""

    check: Callable[[bytes], None]
    """Raises where something does not hold; nothing that it raises is expected."""
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...]
    """What an input may hold that chance would not come upon."""
    largest: int = 4096
    """Bytes of an input."""


def target(name: str) -> Target:
    """The target of a name. Its module, and all of the gateway that it needs, is loaded only here: instrumented."""
    found: Target = import_module(f"fuzz.{name}").TARGET
    return found


def numbers(line: bytes, count: int) -> list[int]:
    """The first numbers of an input's first line; those that are missing are 0."""
    found = [int(digits) for digits in re.findall(rb"[0-9]{1,4}", line)]
    return [*found, *[0] * count][:count]
