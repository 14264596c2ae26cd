"""Bytes to nodes: YAML without what a configuration has no use for.

Aliases, anchors, tags, merge keys, directives, several documents, duplicate keys and keys that are
not texts are refused; size and depth have caps. Tabs are refused as well: the C parser and the
Python one differ about them, and a file must mean the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from jobgateway.config.findings import Mark, Path, shown
from jobgateway.config.nodes import Entry, Listing, Mapping, Node, Scalar, Unusable
from jobgateway.config.report import Report
from jobgateway.config.surprise import taken_for

LARGEST_FILE: Final = 1024 * 1024
"""Bytes."""
DEEPEST: Final = 32
"""Lists and mappings within each other."""
_TOO_DEEP: Final = f"more than {DEEPEST} lists and mappings within each other"
_OWN_DEPTH: Final = "nesting depth"
"""What newer C parsers say of theirs, which is larger but met first: they read ahead."""

C_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PYTHON_PARSER: Final[Any] = yaml.SafeLoader

_UNWANTED: Final = re.compile(
    "(?P<tab>\t)|(?m:^(?P<directive>%))"
    "|(?P<other>[^\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff])"
)
_GLUED: Final = re.compile(r"[|>][-+0-9]*#")
_NO_TEXT: Final = re.compile("[\\x00\\ud800-\\udfff]")
_PROBLEMS: Final = {
    "tab": r"a tab; indent with spaces, and write \t within double quotes where a text needs one",
    "directive": "a line that begins with %; YAML directives are not read here",
    "other": "a control or separator character; write it as an escape within double quotes",
}


class _Stop(Exception):  # noqa: N818 - it ends the reading; what is wrong has been noted
    """The file cannot be read any further."""


def compose(data: bytes, report: Report, parser: Any = C_PARSER) -> Node | None:
    """The tree of a file, or ``None`` if it cannot be read; ``report`` is told what is wrong.

    The same problems are found by both parsers; only the words for a syntax error differ.
    """
    text = _decoded(data, report)
    if text is None:
        return None
    try:
        root = _Composer(text, yaml.parse(text, Loader=parser), report).document()
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        mark = Mark(place.line + 1, place.column + 1) if place else None
        deep = _OWN_DEPTH in str(error.problem)
        report.add((), _TOO_DEEP if deep else f"not YAML: {error.problem}{_advice(text, mark)}", at=mark)
        return None
    except (yaml.YAMLError, ValueError, OverflowError):  # the latter two: chr(), in the Python parser
        report.add((), "not YAML: a character that there is not")
        return None
    report.root = root
    return root


def _decoded(data: bytes, report: Report) -> str | None:
    if len(data) > LARGEST_FILE:
        report.add((), f"larger than {LARGEST_FILE // 1024} KiB")
        return None
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        report.add((), "not UTF-8 text", at=_place(data[: error.start].decode("utf-8")))
        return None
    found = _UNWANTED.search(text)
    if found is None:
        return text
    report.add((), _PROBLEMS[str(found.lastgroup)], at=_place(text[: found.start()]))
    return None


def _place(before: str) -> Mark:
    lines = re.split("\r\n|\r|\n", before)
    return Mark(len(lines), len(lines[-1]) + 1)


def _advice(text: str, mark: Mark | None) -> str:
    lines = re.split("\r\n|\r|\n", text)
    line = lines[mark.line - 1] if mark and mark.line <= len(lines) else ""
    return "; within { } and [ ] a reference needs quotes" if "${" in line else ""


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


class _Composer:
    """Builds one document from the parser's events; where the two parsers differ, it refuses."""

    def __init__(self, text: str, events: Iterator[Any], report: Report) -> None:
        self._text = text
        self._events = events
        self._report = report

    def document(self) -> Node:
        next(self._events)  # the stream begins
        begun = not isinstance(next(self._events), yaml.StreamEndEvent)
        root = self._node(next(self._events), (), 0) if begun else None
        if root is None or (isinstance(root, Scalar) and root.plain and not root.text):
            self._report.add((), "the file is empty")
            raise _Stop
        next(self._events)  # the document ends
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._report.add((), "a second document; a file holds one", at=_mark(after))
            raise _Stop
        return root

    def _node(self, event: Any, path: Path, depth: int, flow: Mark | None = None) -> Node:
        """A node; ``flow`` is where the ``{`` or ``[`` is that it stands in."""
        mark = _mark(event)
        if isinstance(event, yaml.AliasEvent):
            self._report.add(path, "an alias; write the value out", at=mark)
            return Unusable(mark)
        refused = self._decorated(event, path, mark)
        if isinstance(event, yaml.ScalarEvent):
            return Unusable(mark) if refused else self._scalar(event, path, mark, flow)
        if depth == DEEPEST:
            self._report.add((), _TOO_DEEP, at=mark)
            raise _Stop
        within = mark if event.flow_style else None
        node: Node
        if isinstance(event, yaml.SequenceStartEvent):
            node = Listing(tuple(self._items(path, depth + 1, within)), mark)
        else:
            node = Mapping(tuple(self._entries(path, depth + 1, within)), mark)
        return Unusable(mark) if refused else node

    def _scalar(self, event: Any, path: Path, mark: Mark, flow: Mark | None) -> Node:
        plain = event.style in {None, ""}
        problem = None
        if plain and flow and "?" in event.value:
            problem = "within { } and [ ] a text with ? needs quotes"
        elif plain and flow and not event.value:
            problem, mark = "nothing where { } or [ ] need a value", flow
        elif _GLUED.match(self._text, event.start_mark.index):
            problem = "a comment needs a space before its #"
        elif _NO_TEXT.search(event.value):
            problem = "an escape for a character that a text cannot hold"
        if problem is None:
            return Scalar(event.value, plain, mark)
        self._report.add(path, problem, at=mark)
        return Unusable(mark)

    def _decorated(self, event: Any, path: Path, mark: Mark) -> bool:
        if event.anchor is not None:
            self._report.add(path, "an anchor; there are no aliases here, write the value where it is needed", at=mark)
        if event.tag is not None:
            self._report.add(path, f"a tag, {shown(event.tag)}; what a value is follows from its key", at=mark)
        return event.anchor is not None or event.tag is not None

    def _items(self, path: Path, depth: int, flow: Mark | None) -> Iterator[Node]:
        index = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, (*path, index), depth, flow)
            index += 1

    def _entries(self, path: Path, depth: int, flow: Mark | None) -> Iterator[Entry]:
        first: dict[str, Mark] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(self._node(event, path, depth, flow), path)
            place = (*path, key) if key is not None else path
            node = self._node(next(self._events), place, depth, flow)
            mark = _mark(event)
            if isinstance(node, Scalar) and node.plain and not node.text:
                node = Scalar("", plain=True, mark=mark)  # each parser has its own place for nothing
            if key is None:
                continue
            if key in first:
                self._report.add(place, f"given twice, first in line {first[key].line}", at=mark)
                continue
            first[key] = mark
            yield Entry(key, node, mark)

    def _key(self, node: Node, path: Path) -> str | None:
        if isinstance(node, Unusable):
            return None
        if not isinstance(node, Scalar):
            self._report.add(path, "a key must be a text", at=node.mark)
            return None
        noun = taken_for(node.text) if node.plain else None
        if noun == "a merge key":
            self._report.add(path, "a merge key, <<; write the keys out", at=node.mark)
            return None
        if noun is not None:
            self._report.add(path, f"the key {shown(node.text)} is {noun} to YAML readers; quote it", at=node.mark)
            return None
        return node.text
