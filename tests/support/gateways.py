"""Gateways over stores in the same process, for tests that need no socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jobgateway.backends.backend import Backend
from jobgateway.backends.demo import demo_transport
from jobgateway.config.model import Backend as BackendSettings
from jobgateway.config.model import Config, Limits, Route
from jobgateway.gateway import Gateway
from jobgateway.mock.app import mock_app
from jobgateway.mock.store import Store
from jobgateway.translation.dialect import Dialect, compile_dialect
from jobgateway.translation.hub import Call, Job
from jobgateway.translation.wire import Request
from support.specs import all_specs

DIALECTS: dict[str, Dialect] = {name: compile_dialect(spec) for name, spec in all_specs().items()}
SCOPE = "3sWXSsqHgSKnE87YkNJK"
KEY = "kR7mW2xQ9vTn4LsZ8bYc"
NOW = 1_800_000_000_000


def gateway_over(
    jobs: Iterable[Job],
    *,
    caller: str,
    backend: str,
    limits: Limits | None = None,
    seen: Callable[[Request], None] | None = None,
    settings: dict[str, Any] | None = None,
    route: dict[str, Any] | None = None,
    profile: str | None = None,
) -> Gateway:
    """A gateway with one route, to a store that speaks ``backend`` and takes any key."""
    spoken = DIALECTS[backend]
    scope = SCOPE if all("{scope}" in each.path for each in spoken.spec.operations.list) else None
    given = {"scope": scope, **(settings or {})}
    config = Config(
        backends={"store": BackendSettings(name="store", dialect=backend, url="demo://", **given)},
        routes=(Route(caller, "store", profile or DIALECTS[caller].spec.profiles[0], **(route or {})),),
        specs=all_specs(),
        limits=limits or Limits(),
    )
    app = mock_app(spoken, Store(jobs, lambda: NOW), profile=spoken.spec.profiles[-1], seen=seen)
    return Gateway(config, {"store": Backend("store", spoken, demo_transport(app), 10.0, None)})


def ask(dialect: Dialect, call: Call, key: str = KEY) -> Request:
    """The request of a caller of a dialect."""
    header = dialect.write_secret(key)
    assert header is not None
    request = dialect.write_call(call)
    return Request(request.method, request.path, request.query, ((b"host", b"gateway.test"), header), request.body)


def get(target: str, dialect: Dialect, key: str = KEY, method: str = "GET") -> Request:
    """A request for a target, as it would come over the wire."""
    header = dialect.write_secret(key)
    assert header is not None
    path, _, query = target.partition("?")
    return Request(method, path, query, ((b"host", b"gateway.test"), header))
