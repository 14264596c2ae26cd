"""How a filter's values are said: as members of a JSON object, or as texts of query keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from jobgateway.translation.codecs import EPOCH, MILLISECOND, iso_of
from jobgateway.translation.hub import EARLIEST_MILLIS, LATEST_MILLIS
from jobgateway.translation.spec import CodecName

Word = str | int

_is_number: Final = re.compile("-?[0-9]{1,19}").fullmatch
_instant_parts: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]{1,3})0*)?"  # what is finer than a millisecond could not be compared exactly
    r"(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
).fullmatch
_NOT_MILLIS: Final = "is not a whole number of milliseconds within the years 1 to 9999"
_NOT_AN_INSTANT: Final = "is not a time in the form 2026-01-31T09:30:00.250Z within the years 1 to 9999"


class Saying(Struct, frozen=True):
    """How one value is said: two functions that raise ``ValueError`` outside their domain.

    What ``read`` raises says what is wrong with the value; it gives ``None`` where nothing was said.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


def json_saying(codec: CodecName, meanings: Mapping[Word, Any]) -> Saying:
    """A condition's value as JSON; ``meanings`` are those of the status words, written words first.

    Raises ``KeyError`` for a codec that says no condition.
    """
    return {
        "text": Saying(_text, _same),
        "millis": Saying(_millis, _same),
        "iso": Saying(_instant, iso_of),
        "status": json_words(meanings),
    }[codec]


def text_saying(codec: CodecName, meanings: Mapping[Word, Any]) -> Saying:
    """A condition's value as the text of a query key; otherwise as ``json_saying``.

    An empty value says nothing, but for a text, which may be empty.
    """
    return {
        "text": Saying(_same, _same),
        "millis": Saying(_unless_empty(_digits), str),
        "iso": Saying(_unless_empty(_instant), iso_of),
        "status": text_words(meanings),
    }[codec]


def json_words(meanings: Mapping[Word, Any]) -> Saying:
    """A value said by one of a few words; of words that mean the same the first is written."""
    words: dict[Any, Word] = {}
    for word, meaning in meanings.items():
        words.setdefault(meaning, word)

    def read(said: Any) -> Any:
        if type(said) not in (str, int) or said not in meanings:  # type(): True is not 1, and a list has no hash
            raise ValueError("is none of the words known here")
        return meanings[said]

    def write(meaning: Any) -> Word:
        if meaning not in words:
            raise ValueError("no word stands for this value alone")
        return words[meaning]

    return Saying(read, write)


def text_words(meanings: Mapping[Word, Any]) -> Saying:
    """The same in a query key."""
    words = json_words({str(word): meaning for word, meaning in meanings.items()})
    return Saying(_unless_empty(words.read), words.write)


def _same(said: Any) -> Any:
    return said


def _unless_empty(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda said: read(said) if said else None


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise ValueError("is not a text")  # noqa: TRY004 - the one exception of a reader
    return said


def _millis(said: Any) -> int:
    if type(said) is not int or not EARLIEST_MILLIS <= said <= LATEST_MILLIS:
        raise ValueError(_NOT_MILLIS)
    return said


def _digits(said: str) -> int:
    if not _is_number(said):
        raise ValueError(_NOT_MILLIS)
    return _millis(int(said))


def _instant(said: Any) -> int:
    parts = _instant_parts(said) if isinstance(said, str) else None
    if parts is None:
        raise ValueError(_NOT_AN_INSTANT)
    to_the_second, fraction, zone = parts.groups("")
    try:
        instant = datetime.fromisoformat(to_the_second + zone)
    except ValueError:
        raise ValueError(_NOT_AN_INSTANT) from None
    millis = (instant - EPOCH) // MILLISECOND + int(fraction.ljust(3, "0"))
    if not EARLIEST_MILLIS <= millis <= LATEST_MILLIS:
        raise ValueError(_NOT_AN_INSTANT)
    return millis
