"""A caller's keys, of which only the digests are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TypeVar

from jobgateway.config.findings import Path
from jobgateway.config.model import Secret
from jobgateway.config.source import Caller

Thing = TypeVar("Thing")


def secrets_of(caller: Caller) -> Iterator[tuple[Path, Secret]]:
    """The keys that are given in full, each with its path within the caller."""
    return _each(caller.key, "key")


def digests_of(caller: Caller) -> Iterator[tuple[Path, bytes]]:
    """The SHA-256 digests of all keys, each with its path within the caller."""
    for path, key in secrets_of(caller):
        yield path, hashlib.sha256(key.reveal().encode()).digest()
    yield from _each(caller.key_sha256, "key_sha256")


def _each(value: Thing | tuple[Thing, ...] | None, name: str) -> Iterator[tuple[Path, Thing]]:
    if isinstance(value, tuple):
        yield from (((name, index), each) for index, each in enumerate(value))
    elif value is not None:
        yield (name,), value
