"""A configuration as it is in effect, for people: defaults filled in, secrets masked, units written."""

from __future__ import annotations

from typing import Any, Final

from jobgateway.config.addresses import write_prefix
from jobgateway.config.model import (
    MASK,
    Account,
    Backend,
    Caller,
    Config,
    FillFrom,
    KeyPair,
    Limits,
    Listen,
    Login,
    Route,
    Sessions,
    Tls,
)
from jobgateway.config.units import write_duration, write_size
from jobgateway.config.words import UNCONFINED

_SIZES: Final = ("request_head", "request_body", "response_body")


def masked(config: Config) -> dict[str, Any]:
    """The configuration with the keys of its file, as plain JSON; of dialects only the names.

    Keys without a value are left out. The digest of a key is masked as well: a short key can be found from it.
    """
    shown: dict[str, Any] = {
        "version": config.version,
        "listen": _listen(config.listen),
        "admin": _listen(config.admin) if config.admin is not None else None,
        "workers": config.workers,
        "dialects": sorted(config.specs),
        "backends": {name: _backend(backend) for name, backend in config.backends.items()},
        "callers": None if config.callers is None else {name: _caller(each) for name, each in config.callers.items()},
        "sessions": _sessions(config.sessions) if config.sessions is not None else None,
        "routes": [_route(route) for route in config.routes],
        "limits": _limits(config.limits),
    }
    return _said(shown)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _listen(listen: Listen) -> dict[str, Any]:
    tls = _pair(listen.tls) if listen.tls is not None else None
    return _said({"host": listen.host, "port": listen.port, "tls": tls})


def _pair(pair: KeyPair) -> dict[str, Any]:
    return {"certificate": pair.certificate, "key": pair.key}


def _tls(tls: Tls) -> dict[str, Any] | None:
    client = _pair(tls.client) if tls.client is not None else {}
    return _said({"ca": tls.ca, **client}) or None


def _backend(backend: Backend) -> dict[str, Any]:
    return _said(
        {
            "dialect": backend.dialect,
            "url": backend.url,
            "scope": backend.scope,
            "credential": MASK if backend.credential is not None else None,
            "login": _login(backend.login) if backend.login is not None else None,
            "timeout": write_duration(backend.timeout),
            "transport": backend.transport,
            "tls": _tls(backend.tls),
            "fill": {name: _filled(value) for name, value in backend.fill.items()},
        }
    )


def _login(login: Login) -> dict[str, Any]:
    shown = {"address": login.address, "port": login.port, "username": login.username, "password": MASK}
    return _said({**shown, "encoding": login.encoding})


def _sessions(sessions: Sessions) -> dict[str, Any]:
    return {"key": [MASK for _ in sessions.keys], "secure": sessions.secure}


def _account(account: Account) -> dict[str, Any]:
    return _said({"username": account.username, "password": MASK if account.password is not None else None})


def _filled(value: Any) -> Any:
    return {"from": value.field} if isinstance(value, FillFrom) else value


def _caller(caller: Caller) -> dict[str, Any]:
    account = caller.account
    return _said(
        {
            "key_sha256": [MASK for _ in caller.key_digests],
            "account": _account(account) if account is not None else None,
            "credentials": dict.fromkeys(caller.credentials, MASK),
        }
    )


def _route(route: Route) -> dict[str, Any]:
    scopes = route.scopes
    return _said(
        {
            "dialect": route.dialect,
            "backend": route.backend,
            "profile": route.profile,
            "host": route.host,
            "prefix": write_prefix(route.prefix),
            "callers": list(route.callers) or None,
            "scopes": None if scopes is None else {key: UNCONFINED if to is None else to for key, to in scopes.items()},
            "open": route.open,
        }
    )


def _limits(limits: Limits) -> dict[str, Any]:
    values = {name: getattr(limits, name) for name in limits.__struct_fields__}
    return {name: write_size(value) if name in _SIZES else value for name, value in values.items()}
