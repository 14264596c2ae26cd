"""Two-way codecs of single values: a JSON type on the wire, a hub type within.

Each is total on its stated domain; a value outside it does not decode (``msgspec.ValidationError``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from jobgateway.translation.hub import EARLIEST_MILLIS, LARGEST_ID, LATEST_MILLIS, Status
from jobgateway.translation.spec import CodecName, StatusWord

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)

IdNumber = Annotated[int, Meta(ge=0, le=LARGEST_ID)]
Integer = Annotated[int, Meta(ge=-LARGEST_ID - 1, le=LARGEST_ID)]
Millis = Annotated[int, Meta(ge=EARLIEST_MILLIS, le=LATEST_MILLIS)]
Instant = Annotated[datetime, Meta(tz=True)]

WIRE_TYPES: Final[Mapping[CodecName, Any]] = {
    "integer": Integer,
    "text": str,
    "millis": Millis,
    "iso": Instant,
    "rfc3339": Instant,
}
"""What each codec decodes on the wire; a status's type depends on its words, tasks have their own."""


def millis_of(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded down; the domain is the years 1 to 9999 in UTC.

    An instant that only its offset takes beyond them, by a day at most, is taken for their first or last.
    """
    return min(max((instant - EPOCH) // MILLISECOND, EARLIEST_MILLIS), LATEST_MILLIS)


def iso_of(millis: int) -> str:
    """ISO 8601 in UTC with milliseconds, as ``2026-01-31T09:30:00.250Z``."""
    return (EPOCH + millis * MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_of(instant: datetime) -> str:
    """RFC 3339 with the instant's own offset, to the second where it has no fraction."""
    return instant.isoformat().replace("+00:00", "Z") if instant.utcoffset() == timedelta(0) else instant.isoformat()


class StatusCodec(Struct, frozen=True):
    """Words for statuses: one written for each, many read."""

    read: dict[str | int, Status]
    write: dict[Status, str | int]
    sets: dict[str | int, frozenset[Status]]
    """The statuses that a word stands for, by each word that is read."""
    type: Any
    """The type of the words on the wire."""


def status_codec(words: Mapping[Status, StatusWord]) -> StatusCodec:
    """The codec of a spec's table of statuses; that the table is sound is checked elsewhere."""
    read: dict[str | int, Status] = {}
    write: dict[Status, str | int] = {}
    sets: dict[str | int, frozenset[Status]] = {}
    for status, entry in words.items():
        stands_for = frozenset({status, *entry.also_written_for})
        for word in (entry.word, *entry.also_read):
            read[word] = status
            sets[word] = stands_for
        for each in stands_for:
            write[each] = entry.word
    kinds = {type(word) for word in read}
    wire: Any = int if kinds == {int} else str if kinds == {str} else str | int
    return StatusCodec(read, write, sets, wire)
