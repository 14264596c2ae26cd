"""Whether each backend can be asked as it is described."""

from __future__ import annotations

from jobgateway.config.addresses import DEMO, is_loopback
from jobgateway.config.filling import FillFrom, kind_of
from jobgateway.config.findings import Path, shown
from jobgateway.config.known import Known
from jobgateway.config.model import Secret
from jobgateway.config.source import Backend
from jobgateway.translation.dialect import Dialect


def check_backends(known: Known) -> None:
    """Note what is wrong with each backend: its dialect, address, credential and fill."""
    for _, backend, path in known.backends():
        place = (*path, "dialect")
        known.require("dialect", backend.dialect, place, among="dialects", known=known.dialects)
        dialect = known.dialect_at(backend.dialect, place)
        if known.report.sound((*path, "url")):
            _check_url(known, backend, path, dialect)
        if backend.credential is not None and known.report.sound((*path, "url"), (*path, "credential")):
            check_credential(known, backend.credential, (*path, "credential"), backend, dialect)
        if dialect is not None:
            _check_fill(known, backend, path, dialect)


def check_credential(known: Known, secret: Secret, path: Path, backend: Backend, dialect: Dialect | None) -> None:
    """Note it if a backend cannot be asked with a credential."""
    if backend.url == DEMO:
        known.report.add(path, "the embedded store takes no credential")
    elif dialect is not None and dialect.write_secret(secret.reveal()) is None:
        known.report.add(path, f"the credential has a character that {shown(dialect.name)} cannot carry, or too many")


def _check_url(known: Known, backend: Backend, path: Path, dialect: Dialect | None) -> None:
    place = (*path, "url")
    if backend.url.startswith("http://") and not is_loopback(backend.url):
        known.report.warn(place, "http:// shows credentials and jobs to the network; use https:// unless you trust it")
    segments = tuple(backend.url.partition("://")[2].split("/")[1:])
    root = dialect.root if dialect is not None else ()
    if root and segments[-len(root) :] == root:
        known.report.warn(
            place, f"the paths of {shown(backend.dialect)} begin with /{'/'.join(root)}, and would have it twice"
        )


def _check_fill(known: Known, backend: Backend, path: Path, dialect: Dialect) -> None:
    if not known.report.stands((*path, "fill")):
        return
    always = {name for name, field in dialect.spec.job.items() if not field.nullable}
    for name in backend.fill.__struct_fields__:
        value, place = getattr(backend.fill, name), (*path, "fill", name)
        if value is None or not known.report.sound(place):
            continue
        if name in always:
            known.report.warn(place, f"{shown(dialect.name)} always says this field, so this never acts")
        elif isinstance(value, FillFrom):
            _check_origin(known, name, value.origin, (*place, "from"), dialect)


def _check_origin(known: Known, name: str, origin: str, path: Path, dialect: Dialect) -> None:
    if origin == name:
        known.report.add(path, "a field cannot be copied from itself")
    elif kind_of(origin) != kind_of(name):
        known.report.add(path, f"{origin} is {kind_of(origin)}, {name} is {kind_of(name)}")
    elif origin not in dialect.spec.job:
        known.report.add(path, f"{shown(dialect.name)} does not say {origin} either")
