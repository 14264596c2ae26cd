"""Functions and structs made once at start from a spec's tables, as dataclasses are.

The only place that executes made source. Nothing from a spec stands in that source: keys and words
are bound to names of our own, and every name is checked to be an identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct


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


class Writer(Struct, frozen=True):
    """An expression that makes the struct to encode, from an expression for each leaf."""

    expression: str
    bound: dict[str, Any]


def writer(title: str, leaves: Iterable[Leaf], values: Mapping[str, str]) -> Writer:
    """How to write the leaves, in their order; ``values`` gives each leaf's expression by name."""
    bound: dict[str, Any] = {}
    return Writer(_write_expression(title, _tree(leaves), values, bound), bound)


def _write_expression(title: str, tree: dict[str, Any], values: Mapping[str, str], bound: dict[str, Any]) -> str:
    fields: list[Any] = []
    arguments: list[str] = []
    for index, (key, node) in enumerate(tree.items()):
        attribute = f"at{index}"
        fields.append((attribute, Any, msgspec.field(name=key)))
        if isinstance(node, Leaf):
            arguments.append(values[node.name])
        else:
            arguments.append(_write_expression(f"{title}.{key}", node, values, bound))
    name = f"struct{len(bound)}"
    bound[name] = msgspec.defstruct(title, fields, frozen=True, gc=False)
    return f"{name}({', '.join(arguments)})"


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
