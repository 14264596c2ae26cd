"""A gateway with several routes, callers and backends, each backend in this process and telling what reaches it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from jobgateway.asgi import App
from jobgateway.backends.demo import demo_transport
from jobgateway.building import build_backend
from jobgateway.config.model import Backend, Caller, Config, Limits, Route, Secret
from jobgateway.gateway import Exchange, Gateway
from jobgateway.mock.app import mock_app
from jobgateway.mock.population import population
from jobgateway.mock.store import Store
from jobgateway.translation.wire import Headers, Request
from support.gateways import DIALECTS, NOW, SCOPE
from support.specs import all_specs

JOBS = population(30, seed=5)


@dataclass
class World:
    """A gateway, and what each backend saw."""

    gateway: Gateway
    seen: dict[str, list[Request]]

    async def ask(self, target: str, *headers: tuple[bytes, bytes], method: str = "GET") -> Exchange:
        """What the gateway makes of a request with exactly these headers."""
        path, _, query = target.partition("?")
        return await self.gateway.answer(Request(method, path, query, headers))

    def asked(self) -> list[str]:
        """The names of the backends that were asked, in no order, once for each request."""
        return [name for name, requests in self.seen.items() for _ in requests]


def backend(name: str, dialect: str, **settings: Any) -> Backend:
    """A backend, scoped where its dialect cannot do without."""
    scope = SCOPE if all("{scope}" in each.path for each in DIALECTS[dialect].spec.operations.list) else None
    if (credential := settings.pop("credential", None)) is not None:
        settings["credential"] = Secret(credential)
    return Backend(name=name, dialect=dialect, url="demo://", **{"scope": scope, **settings})


def caller(name: str, *keys: str, **credentials: str) -> Caller:
    """A known caller, its keys, and its own credentials by backend."""
    digests = tuple(hashlib.sha256(key.encode()).digest() for key in keys)
    return Caller(name, digests, credentials={each: Secret(text) for each, text in credentials.items()})


def world(
    backends: Iterable[Backend],
    routes: Iterable[Route],
    callers: Iterable[Caller] | None = None,
    *,
    apps: Mapping[str, App] | None = None,
    keys: Mapping[str, str] | None = None,
) -> World:
    """A gateway over mocks; ``apps`` stand in for some of them, ``keys`` are what others insist on."""
    known = {each.name: each for each in backends}
    seen: dict[str, list[Request]] = {name: [] for name in known}
    config = Config(
        backends=known,
        routes=tuple(routes),
        specs=all_specs(),
        callers=None if callers is None else {each.name: each for each in callers},
        limits=Limits(),
    )
    made = {}
    for name, settings in known.items():
        dialect = DIALECTS[settings.dialect]
        store = Store(JOBS, lambda: NOW)
        app = mock_app(dialect, store, profile="documented", key=(keys or {}).get(name), seen=seen[name].append)
        transport = demo_transport((apps or {}).get(name, app))
        made[name] = msgspec.structs.replace(build_backend(config, settings, dialect), transport=transport)
    return World(Gateway(config, made), seen)


def presented(dialect: str, secret: str) -> tuple[bytes, bytes]:
    """The header in which a caller of a dialect presents a secret; told by hand, not by the dialect's own codec."""
    carried = {
        "openreplay-v2": ("authorization", f"Bearer {secret}"),
        "openreplay-v1": ("authorization", secret),
        "explorer": ("cookie", f"explorer_token={secret}"),
    }
    name, value = carried[dialect]
    return name.encode(), value.encode()


def values(headers: Headers, name: bytes) -> list[bytes]:
    """All values of a header."""
    return [value for key, value in headers if key == name]
