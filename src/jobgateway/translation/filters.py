"""Filter words: which jobs of a list a query wants and in which order, and the query of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from jobgateway.translation.codecs import status_codec
from jobgateway.translation.hub import ANYTHING, Order, Refusal, Status, Wanted
from jobgateway.translation.spec import Filter, Spec
from jobgateway.translation.texts import Saying, Word, json_saying, json_words, text_saying, text_words
from jobgateway.translation.urls import bad_parameter, encode

_ORDER: Final = "order"
_BY_TIME: Final = "created_at"
_NOT_UTF8: Final = "is not percent-encoded UTF-8"


class _Word(Struct, frozen=True):
    """A key of the filter: the field of ``Wanted`` that it restricts, or the order, and how that is said."""

    field: str
    key: str
    saying: Saying


class _Keys(Struct, frozen=True):
    """The filter's keys are query keys."""

    keys: tuple[str, ...]

    def read(self, found: Mapping[str, str | None]) -> Mapping[str, Any] | Refusal:
        """What is said, by key."""
        for key in self.keys:
            if found.get(key, "") is None:
                return bad_parameter(key, _NOT_UTF8, None)
        return found

    def write(self, said: Mapping[str, Any]) -> str:
        """The query that says it."""
        return "&".join(f"{encode(key)}={encode(text)}" for key, text in said.items())


class _Object(Struct, frozen=True):
    """The filter's keys are members of one JSON object, in a query key."""

    keys: tuple[str]
    largest: int
    """The most characters that the object may have."""

    def read(self, found: Mapping[str, str | None]) -> Mapping[str, Any] | Refusal:
        """What is said, by key; nothing where the object is empty text."""
        key = self.keys[0]
        text = found.get(key, "")
        if text is None:
            return bad_parameter(key, _NOT_UTF8, None)
        if len(text) > self.largest:
            return bad_parameter(key, f"has more than {self.largest} characters", text)
        try:
            said = msgspec.json.decode(text) if text else {}
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            said = None
        return said if isinstance(said, dict) else bad_parameter(key, "is not a JSON object", text)

    def write(self, said: Mapping[str, Any]) -> str:
        """The query that says it."""
        return f"{encode(self.keys[0])}={encode(msgspec.json.encode(said).decode())}"


class Filters(Struct, frozen=True):
    """How a dialect narrows and turns a list; one that cannot has no words."""

    words: tuple[_Word, ...]
    place: _Keys | _Object
    order: Order | None
    """The order of a list that asks for none."""
    status_sets: frozenset[frozenset[Status]]
    """The sets of statuses that one word stands for."""

    @property
    def keys(self) -> frozenset[str]:
        """The query keys that it reads."""
        return frozenset(self.place.keys)

    def read(self, found: Mapping[str, str | None]) -> tuple[Wanted, Order | None] | Refusal:
        """What a query wants; the texts are those of its own keys, ``None`` = undecodable."""
        if not self.words:
            return ANYTHING, self.order
        said = self.place.read(found)
        if isinstance(said, Refusal):
            return said
        values: dict[str, Any] = {}
        for word in self.words:
            value = said.get(word.key)
            if value is None:
                continue
            try:
                values[word.field] = word.saying.read(value)
            except ValueError as problem:
                return bad_parameter(word.key, str(problem), value if isinstance(value, str) else None)
        order = values.pop(_ORDER, None) or self.order
        return (Wanted(**values) if values else ANYTHING), order

    def write(self, wanted: Wanted, order: Order | None) -> str:
        """The query that asks for both, perhaps empty. Raises ``ValueError`` for what cannot be said."""
        turned = None if order is self.order else self._turned(order)
        if turned is None and (wanted is ANYTHING or wanted == ANYTHING):
            return ""
        values = {field: getattr(wanted, field) for field in wanted.conditions()}
        if turned is not None:
            values[_ORDER] = turned
        said = {word.key: word.saying.write(values.pop(word.field)) for word in self.words if word.field in values}
        if values:
            raise ValueError(f"there is no word for {', '.join(sorted(values))}")
        return self.place.write(said)

    def _turned(self, order: Order | None) -> Order | None:
        """The order that must be said; by id and by time are the same but where the dialect tells them apart."""
        if order is None or order == self.order:
            return None
        agrees = self.order is not None and order.agrees_with(self.order)
        sayable = any(word.field == _ORDER for word in self.words)
        if agrees and not (sayable and order.key == _BY_TIME):
            return None
        return Order(_BY_TIME, order.newest_first)


def compile_filters(spec: Spec) -> Filters:
    """The filter words of a spec."""
    order = Order(spec.order.key) if spec.order is not None else None
    filter_ = spec.filter
    if filter_ is None:
        return Filters((), _Keys(()), order, frozenset())
    sets = status_codec(spec.statuses).sets
    words = _words(filter_, sets)
    place = _Object((filter_.within,), filter_.largest) if filter_.within else _Keys(tuple(w.key for w in words))
    said = any(condition.codec == "status" for condition in filter_.conditions.values())
    return Filters(words, place, order, frozenset(sets.values()) if said else frozenset())


def _words(filter_: Filter, sets: Mapping[str | int, frozenset[Status]]) -> tuple[_Word, ...]:
    saying = json_saying if filter_.within else text_saying
    words = [_Word(field, said.key, saying(said.codec, sets)) for field, said in filter_.conditions.items()]
    if filter_.order is not None:
        newest, oldest = Order(_BY_TIME), Order(_BY_TIME, newest_first=False)
        orders: dict[Word, Order] = {filter_.order.newest: newest, filter_.order.oldest: oldest}
        words.append(_Word(_ORDER, filter_.order.key, json_words(orders) if filter_.within else text_words(orders)))
    return tuple(words)
