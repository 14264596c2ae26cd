"""A caller's keys, of which only the digests are kept."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Final, TypeVar

from jobgateway.config.findings import Path
from jobgateway.config.model import Secret
from jobgateway.config.source import Caller

Thing = TypeVar("Thing")

SHORTEST: Final = 16
"""Characters of a key that is not weak."""
FEWEST_BITS: Final = 56
"""Of length times the logarithm of how many characters differ; 16 random letters and digits have some 61."""


def secrets_of(caller: Caller) -> Iterator[tuple[Path, Secret]]:
    """The keys that are given in full, each with its path within the caller."""
    return _each(caller.key, "key")


def digests_of(caller: Caller) -> Iterator[tuple[Path, bytes]]:
    """The SHA-256 digests of all keys, each with its path within the caller."""
    for path, key in secrets_of(caller):
        yield path, digest_of(key)
    yield from _each(caller.key_sha256, "key_sha256")


def digest_of(key: Secret) -> bytes:
    """The SHA-256 digest of a key: 32 bytes."""
    return hashlib.sha256(key.reveal().encode()).digest()


def weakness_of(key: Secret) -> str | None:
    """Why a key could be found by trying, if it could; a rough guess, since nobody sees how it was made."""
    text = key.reveal()
    if len(text) < SHORTEST:
        return f"it has only {len(text)} character{'' if len(text) == 1 else 's'}"
    varied = len(set(text))
    return f"it has only {varied} different characters" if len(text) * math.log2(varied) < FEWEST_BITS else None


def _each(value: Thing | tuple[Thing, ...] | None, name: str) -> Iterator[tuple[Path, Thing]]:
    if isinstance(value, tuple):
        yield from (((name, index), each) for index, each in enumerate(value))
    elif value is not None:
        yield (name,), value
