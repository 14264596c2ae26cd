"""A YAML file as a tree of nodes that know where they stand; nothing is interpreted yet."""

from __future__ import annotations

from msgspec import Struct

from jobgateway.config.findings import Mark, Path


class Scalar(Struct, frozen=True):
    """A text. ``plain``: it stands without quotes, so that YAML 1.1 may take it for something else."""

    text: str
    plain: bool
    mark: Mark


class Listing(Struct, frozen=True):
    """A list of nodes."""

    items: tuple[Node, ...]
    mark: Mark


class Entry(Struct, frozen=True):
    """A key of a mapping and what it stands for; ``mark`` is the key's."""

    key: str
    node: Node
    mark: Mark


class Mapping(Struct, frozen=True):
    """Keys, each once, in the file's order."""

    entries: tuple[Entry, ...]
    mark: Mark


class Unusable(Struct, frozen=True):
    """What stands where something was refused already, such as an alias."""

    mark: Mark


Node = Scalar | Listing | Mapping | Unusable


def mark_of(root: Node, path: Path) -> Mark:
    """Where a path stands; where it is not in the file, the nearest thing that it would be in."""
    mark, node = root.mark, root
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        mark, node = found
    return mark


def _child(node: Node, step: str | int) -> tuple[Mark, Node] | None:
    if isinstance(node, Mapping):
        return next(((entry.mark, entry.node) for entry in node.entries if entry.key == step), None)
    if isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
        return node.items[step].mark, node.items[step]
    return None
