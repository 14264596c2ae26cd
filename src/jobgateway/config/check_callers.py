"""Whether each caller can be told from the others, and asked for with its own credentials."""

from __future__ import annotations

from jobgateway.config.check_backends import check_credential
from jobgateway.config.findings import Path, dotted
from jobgateway.config.keys import digests_of, secrets_of
from jobgateway.config.known import Known
from jobgateway.config.source import Caller
from jobgateway.translation.dialect import Dialect


def check_callers(known: Known) -> None:
    """Note what is wrong with the callers: their keys, and their credentials at backends."""
    if known.report.stands(("callers",)) and known.said.callers == {}:
        known.report.add(
            ("callers",), "names nobody, so nobody is let in; leave the section out where backends judge their callers"
        )
    first: dict[bytes, Path] = {}
    dialects = _spoken(known)
    for _, caller, path in known.callers():
        if known.report.sound((*path, "key"), (*path, "key_sha256")):
            _check_keys(known, caller, path, first)
            _check_carriers(known, caller, path, dialects)
        _check_credentials(known, caller, path)


def _check_keys(known: Known, caller: Caller, path: Path, first: dict[bytes, Path]) -> None:
    digests = [((*path, *place), digest) for place, digest in digests_of(caller)]
    if not digests:
        known.report.add(path, "no key; give `key` or `key_sha256`")
    for place, digest in digests:
        if digest in first:
            known.report.add(place, f"the same key as {dotted(first[digest])}")
        else:
            first[digest] = place


def _check_carriers(known: Known, caller: Caller, path: Path, dialects: tuple[Dialect, ...]) -> None:
    """A key that no request can carry would let nobody in."""
    for place, key in secrets_of(caller):
        if dialects and all(dialect.write_secret(key.reveal()) is None for dialect in dialects):
            known.report.add(
                (*path, *place), "the key has a character that no dialect of the routes can carry, or too many"
            )


def _check_credentials(known: Known, caller: Caller, path: Path) -> None:
    if not known.report.stands((*path, "credentials")):
        return
    for name, secret in caller.credentials.items():
        place = (*path, "credentials", name)
        known.require("backend", name, place, among="backends", known=known.said.backends)
        backend = known.backend_at(name, place)
        if backend is not None and known.report.sound(("backends", name, "url")):
            dialect = known.dialect_at(backend.dialect, ("backends", name, "dialect"))
            check_credential(known, secret, place, backend, dialect)


def _spoken(known: Known) -> tuple[Dialect, ...]:
    """The dialects that the routes' callers speak; none where a route's is not known."""
    found = [known.dialect_at(route.dialect, (*path, "dialect")) for route, path in known.routes()]
    return tuple(dialect for dialect in found if dialect is not None) if all(found) else ()
