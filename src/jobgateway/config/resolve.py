"""What a checked file says, as the model that the gateway runs by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobgateway.config import model, source, source_sessions, source_tls
from jobgateway.config.files import beside
from jobgateway.config.filling import Fill, FillFrom
from jobgateway.config.findings import Finding
from jobgateway.config.keys import digests_of
from jobgateway.config.pairs import shown_to_backend, shown_to_callers
from jobgateway.config.words import UNCONFINED
from jobgateway.translation.spec import Spec


def resolve(said: source.Gateway, specs: Mapping[str, Spec], path: str, warnings: tuple[Finding, ...]) -> model.Config:
    """The configuration of a file in which no error was found."""
    return model.Config(
        backends={name: _backend(name, backend, path) for name, backend in said.backends.items()},
        routes=tuple(_route(route, specs) for route in said.routes),
        specs=dict(specs),
        version=said.version,
        listen=model.Listen(said.listen.host, said.listen.port, shown_to_callers(said.listen, path)),
        admin=model.Listen(said.admin.host, said.admin.port) if said.admin is not None else None,
        workers=said.workers,
        callers=_callers(said.callers),
        sessions=_sessions(said.sessions),
        limits=_limits(said.limits),
        path=path,
        warnings=warnings,
    )


def _backend(name: str, said: source.Backend, path: str) -> model.Backend:
    return model.Backend(
        name=name,
        dialect=said.dialect,
        url=said.url,
        scope=said.scope,
        credential=said.credential,
        login=_login(said.login),
        timeout=said.timeout,
        transport=said.transport,
        tls=_tls(said.tls, path),
        fill=_fill(said.fill),
    )


def _login(said: source_sessions.Login | None) -> model.Login | None:
    if said is None:
        return None
    return model.Login(said.address, said.port, said.username, said.password, said.encoding)


def _tls(said: source_tls.BackendTls | None, path: str) -> model.Tls:
    if said is None:
        return model.Tls()
    return model.Tls(None if said.ca is None else beside(path, said.ca), shown_to_backend(said, path))


def _fill(said: Fill) -> dict[str, Any]:
    values = {name: getattr(said, name) for name in said.__struct_fields__}
    return {
        name: model.FillFrom(value.origin) if isinstance(value, FillFrom) else value
        for name, value in values.items()
        if value is not None
    }


def _callers(said: dict[str, source.Caller] | None) -> dict[str, model.Caller] | None:
    if said is None:
        return None
    return {name: _caller(name, caller) for name, caller in said.items()}


def _caller(name: str, said: source.Caller) -> model.Caller:
    digests = tuple(digest for _, digest in digests_of(said))
    account = None if said.account is None else model.Account(said.account.username, said.account.password)
    return model.Caller(name=name, key_digests=digests, account=account, credentials=dict(said.credentials))


def _sessions(said: source_sessions.Sessions | None) -> model.Sessions | None:
    if said is None:
        return None
    return model.Sessions(said.key if isinstance(said.key, tuple) else (said.key,), said.secure)


def _route(said: source.Route, specs: Mapping[str, Spec]) -> model.Route:
    scopes = said.scopes
    return model.Route(
        dialect=said.dialect,
        backend=said.backend,
        profile=said.profile if said.profile is not None else specs[said.dialect].profiles[0],
        host=said.host,
        prefix=said.prefix,
        callers=said.callers or (),
        scopes=None if scopes is None else {key: None if to == UNCONFINED else to for key, to in scopes.items()},
        open=said.open,
    )


def _limits(said: source.Limits) -> model.Limits:
    return model.Limits(**{name: getattr(said, name) for name in said.__struct_fields__})
