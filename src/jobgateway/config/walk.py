"""Nodes to Structs, by their annotations, with every problem noted and not only the first."""

from __future__ import annotations

from typing import Any, Final

from jobgateway.config.files import OPEN_TO_ALL
from jobgateway.config.findings import Path, closest, listed, shown
from jobgateway.config.nodes import Entry, Listing, Mapping, Node, Scalar, Unusable
from jobgateway.config.references import References, Said, UnresolvedError, verbatim
from jobgateway.config.report import Report
from jobgateway.config.scalars import Single, is_number, read_scalar
from jobgateway.config.shapes import (
    REQUIRED,
    Anything,
    Either,
    Field,
    Flag,
    Grammar,
    Hidden,
    Items,
    Number,
    Record,
    Refused,
    Row,
    Shape,
    Table,
    Text,
)
from jobgateway.config.unfit import UnfitError


class _Bad:
    """Stands where a value could not be read. Its place has an error in the report."""


BAD: Final[Any] = _Bad()

_SINGLE: Final = (Text, Number, Flag, Hidden, Grammar, Anything)
_LISTS: Final = (Items, Row, Anything)
_MAPPINGS: Final = (Record, Table, Anything)


class Walk:
    """Reads the nodes of one file. Without ``references`` a ``$`` is a character like any other."""

    def __init__(self, report: Report, references: References | None = None, *, private: bool = False) -> None:
        self._report = report
        self._references = references
        self._private = private

    def read(self, node: Node, shape: Shape, path: Path = ()) -> Any:
        """The value of a node, with ``BAD`` in every place that has an error."""
        if isinstance(node, Unusable):
            return BAD
        if isinstance(node, Scalar):
            return self._scalar(node, shape, path)
        kinds = _LISTS if isinstance(node, Listing) else _MAPPINGS
        options = shape.options if isinstance(shape, Either) else (shape,)
        fitting = next((option for option in options if isinstance(option, kinds)), None)
        if fitting is None:
            noun = "a list" if isinstance(node, Listing) else "a mapping"
            return self._refuse(path, f"{noun}, where {_expected(shape)} is expected")
        return self._list(node, fitting, path) if isinstance(node, Listing) else self._mapping(node, fitting, path)

    def _refuse(self, path: Path, problem: str, near: str | None = None) -> Any:
        self._report.add(path, problem, near=near)
        return BAD

    def _scalar(self, node: Scalar, shape: Shape, path: Path) -> Any:
        try:
            said = self._said(node)
        except UnresolvedError as error:
            return self._refuse(path, str(error), error.near)
        if said.referred:
            self._report.refer(path, said.shown)
        fitting = _single(said, shape)
        if fitting is None:
            noun = "nothing" if node.plain and node.text == "" else "a single value"
            return self._refuse(path, f"{noun}, where {_expected(shape)} is expected")
        if isinstance(fitting, Hidden) and said.public:
            self._report.warn(path, f"the file of {said.shown} {OPEN_TO_ALL}")
        try:
            return read_scalar(said, fitting, private=self._private)
        except UnfitError as error:
            subject = f"the value of {said.shown}" if said.referred else said.shown
            return self._refuse(path, f"{'the value' if error.hide else subject} {error.problem}", error.near)

    def _said(self, node: Scalar) -> Said:
        return verbatim(node) if self._references is None else self._references.resolve(node)

    def _list(self, node: Listing, shape: Shape, path: Path) -> Any:
        if isinstance(shape, Row):
            return self._row(node, shape, path)
        item = shape.item if isinstance(shape, Items) else shape
        values = [self.read(each, item, (*path, index)) for index, each in enumerate(node.items)]
        if isinstance(shape, Items) and len(values) < shape.fewest:
            return self._refuse(path, "the list is empty")
        return values if isinstance(shape, Anything) else tuple(values)

    def _row(self, node: Listing, shape: Row, path: Path) -> Any:
        if len(node.items) != len(shape.items):
            return self._refuse(path, f"a list of {len(node.items)}, where one of {len(shape.items)} is expected")
        return tuple(
            self.read(each, item, (*path, index))
            for index, (each, item) in enumerate(zip(node.items, shape.items, strict=True))
        )

    def _mapping(self, node: Mapping, shape: Shape, path: Path) -> Any:
        if isinstance(shape, Record):
            return self._record(node, shape, path)
        if not isinstance(shape, Table):
            return {entry.key: self.read(entry.node, shape, (*path, entry.key)) for entry in node.entries}
        if len(node.entries) < shape.fewest:
            return self._refuse(path, "the mapping is empty")
        return dict(self._row_of(entry, shape, (*path, entry.key)) for entry in node.entries)

    def _row_of(self, entry: Entry, shape: Table, path: Path) -> tuple[Any, Any]:
        said = Said(entry.key, shown(entry.key), quoted=True, literal=True)
        try:
            key = read_scalar(said, shape.key, private=self._private)
        except UnfitError as error:
            key = entry.key
            self._report.add(path, f"{said.shown} {error.problem}", near=error.near)
        return key, self.read(entry.node, shape.value, path)

    def _record(self, node: Mapping, shape: Record, path: Path) -> Any:
        given = {entry.key: entry.node for entry in node.entries}
        known = {field.name: field for field in shape.fields}
        for key in given:
            if key not in known:
                self._unknown(key, known, (*path, key))
        return shape.type(**{field.attribute: self._field(field, given, path) for field in shape.fields})

    def _unknown(self, key: str, known: dict[str, Field], path: Path) -> None:
        usable = [name for name, field in known.items() if not isinstance(field.shape, Refused)]
        near = closest(key, usable)
        self._report.add(path, "unknown key" if near else f"unknown key; known here: {', '.join(usable)}", near=near)

    def _field(self, field: Field, given: dict[str, Node], path: Path) -> Any:
        place = (*path, field.name)
        if field.name in given:
            if isinstance(field.shape, Refused):
                return self._refuse(place, field.shape.problem)
            return self.read(given[field.name], field.shape, place)
        return self._refuse(place, "missing") if field.default is REQUIRED else field.default


def _single(said: Said, shape: Shape) -> Single | None:
    options = shape.options if isinstance(shape, Either) else (shape,)
    fitting = [option for option in options if isinstance(option, _SINGLE)]
    if len(fitting) > 1 and is_number(said):
        return next((option for option in fitting if isinstance(option, Number)), fitting[0])
    return next((option for option in fitting if not isinstance(option, Number)), fitting[0]) if fitting else None


def _expected(shape: Shape) -> str:
    if isinstance(shape, Either):
        return listed(dict.fromkeys(_expected(option) for option in shape.options))
    if isinstance(shape, Items | Row):
        return "a list"
    if isinstance(shape, Record | Table):
        return "a mapping"
    return "a number" if isinstance(shape, Number) else "a single value"
