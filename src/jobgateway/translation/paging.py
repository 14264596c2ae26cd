"""Paging words: which window of a list a query asks for, and the query of a window."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from jobgateway.translation.hub import Refusal, Window
from jobgateway.translation.spec import PageWord, Paging
from jobgateway.translation.urls import bad_parameter, encode

_is_number: Final = re.compile("-?[0-9]{1,19}").fullmatch
_LARGEST: Final = 2**63 - 1
"""What is beyond 64 bits is no number to any server of these dialects."""
_PLAIN: Final = 18
"""Digits that no number beyond 64 bits has."""


class _Number(Struct, frozen=True):
    """A query key that holds a number, and what is taken instead of texts that do not fit (``None``: refused)."""

    key: str
    least: int
    largest: int | None
    """The largest that is accepted; ``None``: any."""
    default: int
    empty: int | None
    malformed: int | None
    too_small: int | None
    too_large: int | None

    def read(self, found: Mapping[str, str | None]) -> int | Refusal:
        """The number that a query says."""
        if self.key not in found:
            return self.default
        text = found[self.key]
        if text and text.isdecimal() and len(text) <= _PLAIN and text.isascii():
            number = int(text)
            if number >= self.least and (self.largest is None or number <= self.largest):
                return number
        return self._odd(text)

    def _odd(self, text: str | None) -> int | Refusal:
        """What is taken for a text that is not plainly a number within the bounds."""
        if text == "":
            return self._instead(self.empty, "is empty", text)
        if text is None or not _is_number(text) or (number := int(text)) > _LARGEST:
            return self._instead(self.malformed, f"is not a whole number up to {_LARGEST}", text)
        if number < self.least:
            return self._instead(self.too_small, f"is less than {self.least}", text)
        if self.largest is not None and number > self.largest:
            return self._instead(self.too_large, f"is more than {self.largest}", text)
        return number

    def _instead(self, substitute: int | None, problem: str, text: str | None) -> int | Refusal:
        return bad_parameter(self.key, problem, text) if substitute is None else substitute


class Pager(Struct, frozen=True):
    """How a dialect asks for a window."""

    size: _Number
    start: _Number
    by_page: bool
    """Whether the start is a page, counted from 1; else it is an offset, counted from 0."""
    says: tuple[str, str]
    """What stands before the limit and before the start in the query of a window."""
    default: Window
    """The window that a query asks for by saying nothing."""

    @property
    def keys(self) -> frozenset[str]:
        """The query keys that it reads."""
        return frozenset({self.size.key, self.start.key})

    def read(self, found: Mapping[str, str | None]) -> Window | Refusal:
        """The window that a query asks for; the texts are those of its own keys, ``None`` = undecodable."""
        limit = self.size.read(found)
        if isinstance(limit, Refusal):
            return limit
        start = self.start.read(found)
        if isinstance(start, Refusal):
            return start
        return Window((start - 1) * limit if self.by_page else start, limit)

    def write(self, window: Window | None) -> str:
        """The query that asks for a window. Raises ``ValueError`` for none, or one that is no page."""
        if window is None:
            raise ValueError("a list that is paged is asked for by a window")
        size, start = self.says
        if not self.by_page:
            return f"{size}{window.limit}{start}{window.offset}"
        if window.limit < 1 or window.offset % window.limit:
            raise ValueError(f"a window of {window.limit} at {window.offset} is no page")
        return f"{size}{window.limit}{start}{window.offset // window.limit + 1}"


def compile_pager(paging: Paging) -> Pager:
    """The paging words of a spec. Raises ``ValueError`` for words that contradict themselves."""
    by_page = paging.by == "page"
    size, start = _number(paging.size, 1), _number(paging.start, 1 if by_page else 0)
    says = (f"{encode(size.key)}=", f"&{encode(start.key)}=")
    offset = (start.default - 1) * size.default if by_page else start.default
    return Pager(size, start, by_page, says, Window(offset, size.default))


def _number(word: PageWord, least: int) -> _Number:
    if word.too_small == "accept":
        raise ValueError(f"{word.key}: nothing below {least} can be accepted")
    return _Number(
        key=word.key,
        least=least,
        largest=None if word.too_large == "accept" else word.largest,
        default=word.default,
        empty=word.default if word.empty == "default" else None,
        malformed=word.default if word.malformed == "default" else None,
        too_small={"default": word.default, "clamp": least}.get(word.too_small),
        too_large={"default": word.default, "clamp": word.largest}.get(word.too_large),
    )
