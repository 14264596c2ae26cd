"""What an annotation asks of a node. The loader and the JSON Schema both go by these shapes."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from jobgateway.config.model import Secret
from jobgateway.translation.hub import LARGEST_ID

REQUIRED: Final = msgspec.NODEFAULT


class About(Struct, frozen=True):
    """What a key is for, in one or two sentences, and values that it may have."""

    text: str
    examples: tuple[Any, ...] = ()


EACH_DIALECT: Final = ("<each shipped dialect>",)
"""Examples that stand for the names of the shipped dialects, which no Python file holds."""


class Refused(Struct, frozen=True):
    """A key that is known but cannot be used, and why."""

    problem: str


class Fewest(Struct, frozen=True):
    """The fewest that a list or a mapping must have."""

    count: int


class Text(Struct, frozen=True):
    """Any text, or only some words."""

    words: tuple[str, ...] = ()
    make: Callable[[str], Any] = str


class Number(Struct, frozen=True):
    """A whole number, in decimal."""

    lowest: int = -LARGEST_ID
    highest: int = LARGEST_ID


class Flag(Struct, frozen=True):
    """``true`` or ``false``."""


class Hidden(Struct, frozen=True):
    """A secret."""


class Grammar(Struct, frozen=True):
    """A text with a grammar: ``read`` gives what it means or raises ``UnfitError``; ``write`` is the way back.

    ``pattern`` is what an editor checks: what it admits may still be refused.
    """

    read: Callable[[str], Any]
    pattern: str
    write: Callable[[Any], str] = str


class Items(Struct, frozen=True):
    """A list of anything from ``fewest`` on."""

    item: Shape
    fewest: int = 0


class Row(Struct, frozen=True):
    """A list of just these."""

    items: tuple[Shape, ...]


class Table(Struct, frozen=True):
    """A mapping whose keys are not fixed."""

    key: Text | Grammar
    value: Shape
    fewest: int = 0


class Field(Struct, frozen=True):
    """A key of a record. ``default`` is ``REQUIRED`` or what it is where the key is absent."""

    name: str
    attribute: str
    shape: Shape | Refused
    default: Any
    about: About | None


class Record(Struct, frozen=True):
    """A mapping with fixed keys, which becomes a Struct."""

    type: type[Struct]
    fields: tuple[Field, ...]


class Either(Struct, frozen=True):
    """One of several, told apart by whether it is a mapping, a list, a number or a text."""

    options: tuple[Shape, ...]


class Anything(Struct, frozen=True):
    """Whatever JSON can say."""


Shape = Text | Number | Flag | Hidden | Grammar | Items | Row | Table | Record | Either | Anything

_SIMPLE: Final[dict[Any, Shape]] = {
    Any: Anything(),
    str: Text(),
    int: Number(),
    bool: Flag(),
    Secret: Hidden(),
}
_GIVEN: Final = (Text, Number, Grammar)


@functools.cache
def record_of(kind: type[Struct]) -> Record:
    """The shape of a Struct, from its annotations."""
    fields = []
    for field in msgspec.structs.fields(kind):
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        notes = _notes(field.type)
        about = next((note for note in notes if isinstance(note, About)), None)
        refused = next((note for note in notes if isinstance(note, Refused)), None)
        fields.append(Field(field.encode_name, field.name, refused or shape_of(field.type), default, about))
    return Record(kind, tuple(fields))


def _notes(hint: Any) -> tuple[Any, ...]:
    return tuple(hint.__metadata__) if get_origin(hint) is Annotated else ()


def shape_of(hint: Any) -> Shape:
    """The shape that an annotation stands for; ``None`` in a union only says that the key may be absent."""
    if get_origin(hint) is Annotated:
        return _annotated(get_args(hint)[0], _notes(hint))
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if isinstance(hint, type) and issubclass(hint, Struct):
        return record_of(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Text(tuple(str(word) for word in hint), hint)
    return _composed(get_origin(hint), get_args(hint), hint)


def _annotated(hint: Any, notes: tuple[Any, ...]) -> Shape:
    given = next((note for note in notes if isinstance(note, _GIVEN)), None)
    shape = given if given is not None else shape_of(hint)
    fewest = next((note.count for note in notes if isinstance(note, Fewest)), 0)
    return msgspec.structs.replace(shape, fewest=fewest) if isinstance(shape, Items | Table) else shape


def _composed(origin: Any, parts: tuple[Any, ...], hint: Any) -> Shape:
    if origin is Literal:
        return Text(parts)
    if origin is tuple and parts[1:] == (...,):
        return Items(shape_of(parts[0]))
    if origin is tuple:
        return Row(tuple(shape_of(part) for part in parts))
    if origin is dict:
        key = shape_of(parts[0])
        assert isinstance(key, Text | Grammar), hint  # noqa: S101 - annotations are ours
        return Table(key, shape_of(parts[1]))
    if origin in {Union, types.UnionType}:
        options = tuple(shape_of(part) for part in parts if part is not types.NoneType)
        return options[0] if len(options) == 1 else Either(options)
    raise TypeError(f"no shape for {hint}")
