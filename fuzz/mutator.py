"""Inputs bent in ways that mean something: words put in, lines moved, numbers at their edges, JSON trees changed."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from fuzz.words import words

_LINE_END: Final = re.compile(rb"\n")
_NUMBER: Final = re.compile(rb"\d+")
_PART: Final = re.compile(rb"[\w.%-]+")
_LENGTH: Final = re.compile(rb"(?i)(content-length: *)\d+(.*?\r\n\r\n)(.*)", re.DOTALL)
_EDGES: Final = (
    0, 1, 2, 9, 10, 99, 200, 201, 255, 256, 257, 1023, 1024, 65536, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30,
)  # fmt: skip
_HERE: Final = "@here@"
_ATOMS: Final = (*words("json"), b"[" * 600 + b"]" * 600)
"""Values that one reader takes and another does not."""
_OF_A_KIND: Final = {kind: tuple(atom for atom in _ATOMS if atom[:1] in kind) for kind in (b'"', b"-0123456789", b"[{")}
"""Those that stand in for a text, for a number, and for what holds others."""

Way = Callable[[bytes, random.Random], bytes]
Native = Callable[[bytes, int], bytes]


class Mutator:
    """Bends an input, a little or a lot; the same seed bends it the same way."""

    def __init__(self, words: Sequence[bytes], native: Native) -> None:
        """``native``: the fuzzer's own mutation, which knows what was compared with what."""
        self._words = words
        self._native = native
        self._ways: tuple[Way, ...] = (
            _number, _dropped, _doubled, _moved, _fitted, _tree, _tree, _tree, self._put, self._replaced,
        )  # fmt: skip

    def __call__(self, data: bytes, largest: int, seed: int) -> bytes:
        """The bent input, of at most ``largest`` bytes."""
        dice = random.Random(seed)
        if dice.random() < 0.3:
            return self._native(bytes(data), largest)
        for _ in range(dice.choice((1, 1, 2, 3, 5))):
            data = dice.choice(self._ways)(bytes(data), dice)
        return data[:largest]

    def cross(self, data: bytes, other: bytes, largest: int, seed: int) -> bytes:
        """The begin of one input and the end of another, cut between lines: the first line stays the first."""
        dice = random.Random(seed)
        data, other = bytes(data), bytes(other)
        begins = [len(data), *(found.end() for found in _LINE_END.finditer(data))]
        ends = [found.end() for found in _LINE_END.finditer(other)] or [0]
        end = ends[0] if dice.random() < 0.5 else dice.choice(ends)
        return (data[: dice.choice(begins)] + other[end:])[:largest]

    def _put(self, data: bytes, dice: random.Random) -> bytes:
        place = dice.choice([0, len(data), *(found.start() for found in _PART.finditer(data))])
        return data[:place] + dice.choice(self._words) + data[place:]

    def _replaced(self, data: bytes, dice: random.Random) -> bytes:
        return _changed(_PART, data, dice, dice.choice(self._words))


def _changed(kind: re.Pattern[bytes], data: bytes, dice: random.Random, text: bytes) -> bytes:
    """Another text for one of the places that match."""
    found = list(kind.finditer(data))
    if not found:
        return data + text
    place = dice.choice(found)
    return data[: place.start()] + text + data[place.end() :]


def _number(data: bytes, dice: random.Random) -> bytes:
    return _changed(_NUMBER, data, dice, b"%d" % (dice.choice(_EDGES) + dice.choice((-1, 0, 0, 1))))


def _stretch(data: bytes, dice: random.Random) -> tuple[int, int]:
    """From one place to one behind it: mostly some bytes, else some lines."""
    if dice.random() < 0.5:
        places = [0, *(found.end() for found in _LINE_END.finditer(data)), len(data)]
        start = dice.randrange(len(places))
        return places[start], places[min(len(places) - 1, start + dice.randint(1, 3))]
    start = dice.randint(0, len(data))
    return start, min(len(data), start + dice.randint(1, 8))


def _dropped(data: bytes, dice: random.Random) -> bytes:
    start, end = _stretch(data, dice)
    return data[:start] + data[end:]


def _doubled(data: bytes, dice: random.Random) -> bytes:
    start, end = _stretch(data, dice)
    return data[:end] + data[start:end] * dice.choice((1, 1, 1, 2, 20)) + data[end:]


def _moved(data: bytes, dice: random.Random) -> bytes:
    start, end = _stretch(data, dice)
    rest = data[:start] + data[end:]
    place, _ = _stretch(rest, dice)
    return rest[:place] + data[start:end] + rest[place:]


def _fitted(data: bytes, _: random.Random) -> bytes:
    """With the length of its body told rightly, so that what else is bent is looked at."""
    return _LENGTH.sub(lambda found: b"%b%d%b%b" % (found[1], len(found[3]), found[2], found[3]), data, count=1)


def _tree(data: bytes, dice: random.Random) -> bytes:
    """With one node of its JSON changed, where it ends with some."""
    start = data.find(b"{")
    try:
        tree = json.loads(data[start:]) if start >= 0 else None
    except (ValueError, RecursionError):
        return data
    places = list(_places(tree))
    if not places:
        return data
    holder, key = dice.choice(places)
    atoms = _alike(holder[key]) if dice.random() < 0.6 else _ATOMS
    if dice.random() < 0.2:
        del holder[key]
    elif dice.random() < 0.2 and isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        holder[key] = _HERE
    return data[:start] + json.dumps(tree).encode().replace(f'"{_HERE}"'.encode(), dice.choice(atoms))


def _alike(value: Any) -> Sequence[bytes]:
    """What can stand in for a value without being of another kind."""
    begin = json.dumps(value).encode()[:1]
    return next((atoms for kind, atoms in _OF_A_KIND.items() if begin in kind), _ATOMS)


def _places(tree: Any) -> Any:
    """All members of a tree: what holds each, and its key there."""
    keys = range(len(tree)) if isinstance(tree, list) else list(tree) if isinstance(tree, dict) else ()
    for key in keys:
        yield tree, key
        yield from _places(tree[key])
