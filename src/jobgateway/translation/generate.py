"""Functions and structs made once at start from a spec's tables, as dataclasses are.

The only place that executes made source. Nothing from a spec stands in that source: keys and words
are bound to names of our own, and every name is checked to be an identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct


class Leaf(Struct, frozen=True):
    """A value in a body: our name for it, its place, its type, and whether null or absence is allowed."""

    name: str
    place: str
    type: Any
    optional: bool = False


def function(name: str, parameters: Iterable[str], expression: str, bound: Mapping[str, Any]) -> Callable[..., Any]:
    """A function that returns ``expression``, in which only the parameters and the bound names occur."""
    arguments = ", ".join(_checked(parameter) for parameter in parameters)
    for key in bound:
        _checked(key)
    source = f"def {_checked(name)}({arguments}):\n    return {expression}\n"
    namespace: dict[str, Any] = dict(bound)
    exec(compile(source, f"<generated {name}>", "exec"), namespace)  # noqa: S102 - see the module's docstring
    made: Callable[..., Any] = namespace[name]
    return made


def _checked(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(f"not an identifier: {name!r}")
    return name


class Reader(Struct, frozen=True):
    """A struct type to decode a body into, and where each leaf is in it, written from ``w``."""

    type: type[Struct]
    access: dict[str, str]


def reader(title: str, leaves: Iterable[Leaf]) -> Reader:
    """The struct that reads the leaves; unknown keys are passed over, objects between are required."""
    access: dict[str, str] = {}
    return Reader(_read_type(title, _tree(leaves), "w", access), access)


def _read_type(title: str, tree: dict[str, Any], path: str, access: dict[str, str]) -> type[Struct]:
    fields: list[Any] = []
    for index, (key, node) in enumerate(tree.items()):
        if isinstance(node, Leaf):
            access[node.name] = f"{path}.{node.name}"
            fields.append(_read_field(node, key))
        else:
            attribute = f"at{index}"
            inner = _read_type(f"{title}.{key}", node, f"{path}.{attribute}", access)
            fields.append((attribute, inner, msgspec.field(name=key)))
    return msgspec.defstruct(title, fields, kw_only=True, frozen=True, gc=False)


def _read_field(leaf: Leaf, key: str) -> Any:
    if leaf.optional:
        return (leaf.name, leaf.type | None, msgspec.field(default=None, name=key))
    return (leaf.name, leaf.type, msgspec.field(name=key))


class Known(Struct, frozen=True):
    """A value that is one of few, all known at start: the choice of the expression ``key``, or the only one."""

    choices: Mapping[Any, Any]
    key: str | None = None


def constant(value: Any) -> Known:
    """A value that is always the same."""
    return Known({None: value})


class Writer(Struct, frozen=True):
    """An expression that makes the struct to encode, from what is known of each leaf."""

    expression: str
    bound: dict[str, Any]
    access: dict[str, str]
    """Where each leaf is in that struct, written from ``w``; none where it is encoded already."""


def writer(title: str, leaves: Iterable[Leaf], values: Mapping[str, str | Known]) -> Writer:
    """How to write the leaves, in their order; ``values`` gives each leaf's expression by name, or what it can be."""
    made = Writer("", {}, {})
    expression = _write_expression(title, _tree(leaves), values, "w", made)
    return Writer(expression, made.bound, made.access)


def _write_expression(
    title: str, tree: dict[str, Any], values: Mapping[str, str | Known], path: str, made: Writer
) -> str:
    fields: list[Any] = []
    arguments: list[str | Known] = []
    for index, (key, node) in enumerate(tree.items()):
        attribute = node.name if isinstance(node, Leaf) else f"at{index}"
        place = f"{path}.{attribute}"
        value = values[node.name] if isinstance(node, Leaf) else _write_expression(title, node, values, place, made)
        if isinstance(value, Known):
            value, before = _encoded(value), arguments[-1] if arguments else None
            if value.key is None and isinstance(before, Known):
                arguments[-1] = _joined(before, key, value)
                continue
        elif isinstance(node, Leaf):
            made.access[node.name] = place
        fields.append((attribute, Any, msgspec.field(name=key)))
        arguments.append(value)
    name = _bind("struct", msgspec.defstruct(title, fields, frozen=True, gc=False), made)
    return f"{name}({', '.join(_argument(each, made) for each in arguments)})"


def _encoded(value: Known) -> Known:
    """The choices as they are in JSON, so that they are encoded once for all bodies."""
    return Known({key: msgspec.json.encode(choice) for key, choice in value.choices.items()}, value.key)


def _joined(before: Known, key: str, value: Known) -> Known:
    """An encoded value with the member of the same object that always follows it."""
    member = b",%b:%b" % (msgspec.json.encode(key), value.choices[None])
    return Known({each: choice + member for each, choice in before.choices.items()}, before.key)


def _argument(value: str | Known, made: Writer) -> str:
    if isinstance(value, str):
        return value
    choices = {key: Raw(choice) for key, choice in value.choices.items()}
    return _bind("raw", choices[None], made) if value.key is None else f"{_bind('raw', choices, made)}[{value.key}]"


def _bind(kind: str, value: Any, made: Writer) -> str:
    name = f"{kind}{len(made.bound)}"
    made.bound[name] = value
    return name


def _tree(leaves: Iterable[Leaf]) -> dict[str, Any]:
    """Leaves by key, objects between as nested dictionaries, in order of first mention."""
    root: dict[str, Any] = {}
    for leaf in leaves:
        *between, last = leaf.place.split(".")
        node = root
        for key in between:
            node = node.setdefault(key, {})
            if isinstance(node, Leaf):
                raise ValueError(f"{leaf.place}: lies within another place")  # noqa: TRY004 - the spec's value is wrong
        if last in node:
            raise ValueError(f"{leaf.place}: the place is taken twice")
        node[last] = leaf
    return root
