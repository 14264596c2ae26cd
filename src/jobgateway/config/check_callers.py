"""Whether each caller can be told from the others, and asked for with its own credentials."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from jobgateway.config.check_backends import check_credential
from jobgateway.config.findings import Path, dotted
from jobgateway.config.known import Known
from jobgateway.config.model import Secret
from jobgateway.config.source import Caller
from jobgateway.translation.dialect import Dialect


def check_callers(known: Known) -> None:
    """Note what is wrong with the callers: their keys, and their credentials at backends."""
    if known.said.callers is not None and not known.said.callers:
        known.report.add(("callers",), "nobody is named, so nobody would be let in; leave the section out for that")
    first: dict[bytes, Path] = {}
    dialects = tuple(_dialects_of_routes(known))
    for _, caller, path in known.callers():
        _check_keys(known, caller, path, first)
        _check_carriers(known, caller, path, dialects)
        _check_credentials(known, caller, path)


def digests_of(caller: Caller) -> tuple[bytes, ...]:
    """The SHA-256 digests of a caller's keys."""
    return tuple(digest for _, digest in _digests(caller, ()))


def _digests(caller: Caller, path: Path) -> Iterator[tuple[Path, bytes]]:
    for place, key in _each(caller.key, (*path, "key")):
        yield place, hashlib.sha256(key.reveal().encode()).digest()
    yield from _each(caller.key_sha256, (*path, "key_sha256"))


def _each(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, tuple):
        yield from (((*path, index), each) for index, each in enumerate(value))
    elif value is not None:
        yield path, value
