"""Numbers under names, in memory that a process shares with those that it forks.

One process writes a ledger and others read it, without a word between them. What a killed writer
has counted stays, and whoever takes its place counts on.
"""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    Cells = memoryview[float]

Name = tuple[str, ...]
"""A family and the values of its labels."""

SIZE: Final = 8 * 1024 * 1024
"""Bytes of a ledger, some 30,000 names; the system gives memory only for those that are in use."""
DROPPED: Final[Name] = ("series_dropped_total",)
"""Counts the names that a ledger had no room for."""
_ENTRY: Final = struct.Struct("=II")
"""Before each name: its length in bytes, and how many numbers it has."""
_WORD: Final = 8


class Ledger:
    """An append-only list of entries: a name, and its numbers. Only one process at a time may write it."""

    def __init__(self, size: int = SIZE) -> None:
        self._memory = memoryview(mmap.mmap(-1, size))
        self._used = self._memory[:_WORD].cast("Q")
        self._used[0] = _WORD
        self._known: dict[Name, Cells] = {}
        self._read = _WORD
        self._names = msgspec.msgpack.Decoder(Name)
        self._dropped = self.cells(DROPPED, 1)

    def cells(self, name: Name, count: int) -> Cells:
        """The numbers of a name, all 0 at first; where there is no room for it, numbers that nobody reads."""
        self._catch_up()
        cells = self._known.get(name)
        if cells is None:
            cells = self._append(name, count)
        return cells

    def entries(self) -> Iterator[tuple[Name, Cells]]:
        """All names with their numbers, in the order of their appearance."""
        self._catch_up()
        yield from self._known.items()

    def _append(self, name: Name, count: int) -> Cells:
        encoded = msgspec.msgpack.encode(name)
        start = self._used[0]
        end = _after(start, len(encoded), count)
        if end > len(self._memory):
            self._dropped[0] += 1.0
            return memoryview(bytearray(count * _WORD)).cast("d")
        _ENTRY.pack_into(self._memory, start, len(encoded), count)
        self._memory[start + _ENTRY.size : start + _ENTRY.size + len(encoded)] = encoded
        self._memory[end - count * _WORD : end] = bytes(count * _WORD)  # a writer may have died halfway here
        self._used[0] = end  # from now on it is there
        self._catch_up()
        return self._known[name]

    def _catch_up(self) -> None:
        """Read the entries that have been added since the last time, by whichever process."""
        while self._read < self._used[0]:
            start = self._read + _ENTRY.size
            length, count = _ENTRY.unpack_from(self._memory, self._read)
            end = _after(self._read, length, count)
            name = self._names.decode(self._memory[start : start + length])
            self._known[name] = self._memory[end - count * _WORD : end].cast("d")
            self._read = end


def _after(start: int, length: int, count: int) -> int:
    """Where an entry ends that starts here; its numbers stand aligned, so that each is written at once."""
    named = start + _ENTRY.size + length
    return named + -named % _WORD + count * _WORD
