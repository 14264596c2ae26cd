"""The JSON Schema (draft-07) of gateway.yaml, for editors, made from what the loader reads by.

An editor sees less than the loader: names that do not exist, or parts that do not go together, are
found only by the loader.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

from msgspec import Struct

from jobgateway.config.shapes import (
    EACH_DIALECT,
    REQUIRED,
    Either,
    Field,
    Flag,
    Grammar,
    Items,
    Number,
    Record,
    Refused,
    Shape,
    Table,
    Text,
    record_of,
)
from jobgateway.config.source import Gateway
from jobgateway.config.specs import shipped_specs

_REFERENCE: Final = r"^\$\{(env:[A-Za-z_][A-Za-z0-9_]*(:-[^${}]+)?|file:[^${}]+)\}$"
_REFER: Final = {"$ref": "#/definitions/reference"}

Schema = dict[str, Any]


def json_schema() -> Schema:
    """The schema, as plain JSON."""
    example = {
        "version": 1,
        "backends": {"replay": {"dialect": next(iter(shipped_specs())), "url": "demo://"}},
        "routes": [{"dialect": next(iter(shipped_specs())), "backend": "replay"}],
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_described("gateway.yaml", _sentence(Gateway), [example]),
        **_node(record_of(Gateway), "gateway.yaml", "", [example]),
        "definitions": {
            "reference": {
                **_described(
                    "Reference",
                    "A value from the environment or from a file, which is resolved when the file is loaded.",
                    ["${env:NAME}", "${env:NAME:-default}", "${file:/run/secrets/name}"],
                ),
                "type": "string",
                "pattern": _REFERENCE,
            }
        },
    }


def _described(title: str, text: str, examples: list[Any]) -> Schema:
    return {"title": title, "description": text, "examples": examples}


def _node(shape: Shape, title: str, text: str, examples: list[Any]) -> Schema:
    """What a shape admits; title, text and examples go to what it contains and has none of its own."""
    if isinstance(shape, Record):
        return _record(shape)
    if isinstance(shape, Table):
        return _table(shape, title, text, [example for example in examples if isinstance(example, dict)])
    if isinstance(shape, Items):
        inner = [example[0] for example in examples if isinstance(example, list)] or examples
        item = _contained(shape.item, f"One of {title.lower()}", text, inner)
        return {"type": "array", "items": item, "minItems": shape.fewest}
    if isinstance(shape, Either):
        return {"anyOf": [_node(option, title, text, examples) for option in shape.options]}
    return _scalar(shape)


def _table(shape: Table, title: str, text: str, examples: list[dict[str, Any]]) -> Schema:
    inner = [next(iter(example.values())) for example in examples]
    names = {"pattern": _whole(shape.key.pattern)} if isinstance(shape.key, Grammar) else {"enum": [*shape.key.words]}
    return {
        "type": "object",
        "propertyNames": names,
        "additionalProperties": _contained(shape.value, f"One of {title.lower()}", text, inner),
        "minProperties": shape.fewest,
    }


def _contained(shape: Shape, title: str, text: str, examples: list[Any]) -> Schema:
    if isinstance(shape, Record):
        title, text = shape.type.__name__, _sentence(shape.type)
    return {**_described(title, text, examples), **_node(shape, title, text, examples)}


def _scalar(shape: Shape) -> Schema:
    if isinstance(shape, Number):
        number = {"type": "integer", "minimum": shape.lowest, "maximum": shape.highest}
        return {"anyOf": [number, _REFER]}
    if isinstance(shape, Flag):
        return {"anyOf": [{"type": "boolean"}, _REFER]}
    if isinstance(shape, Grammar):
        return {"anyOf": [{"type": "string", "pattern": _whole(shape.pattern)}, _REFER]}
    if isinstance(shape, Text) and shape.words:
        return {"anyOf": [{"enum": [*shape.words]}, _REFER]}
    return {"type": "string"}


def _record(shape: Record) -> Schema:
    fields = [field for field in shape.fields if not isinstance(field.shape, Refused)]
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields if field.default is REQUIRED],
        "additionalProperties": False,
    }


def _property(field: Field) -> Schema:
    assert field.about is not None, field.name  # noqa: S101 - annotations are ours
    assert not isinstance(field.shape, Refused)  # noqa: S101 - they are left out
    title = field.name.replace("_", " ").capitalize()
    about = field.about
    examples = [*shipped_specs()] if about.examples == EACH_DIALECT else [*about.examples]
    absent = field.default is REQUIRED or field.default is None
    default = {} if absent else {"default": _plain(field.default, field.shape)}
    return {
        **_described(title, about.text, examples),
        **default,
        **_node(field.shape, title, about.text, examples),
    }


def _plain(value: Any, shape: Shape) -> Any:
    """A default as a file would say it."""
    if isinstance(shape, Grammar):
        return shape.write(value)
    if isinstance(shape, Record):
        return {
            field.name: _plain(getattr(value, field.attribute), field.shape)
            for field in shape.fields
            if not isinstance(field.shape, Refused) and getattr(value, field.attribute) is not None
        }
    return list(value) if isinstance(value, tuple) else value


def _sentence(kind: type[Struct]) -> str:
    return inspect.cleandoc(kind.__doc__ or "").partition("\n")[0]


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
