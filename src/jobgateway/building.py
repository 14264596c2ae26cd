"""From a configuration to a gateway: each backend gets its dialect, its transport and its credential."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from jobgateway.backends.backend import Backend
from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.transport import Transport
from jobgateway.config.model import Backend as Settings
from jobgateway.config.model import Config
from jobgateway.gateway import Gateway
from jobgateway.observe.observer import Observer
from jobgateway.translation.dialect import Dialect, compile_dialect

if TYPE_CHECKING:
    from jobgateway.backends.httpx_transport import HttpxTransport

DEMO: Final = "demo://"


def build_gateway(config: Config, observer: Observer | None = None) -> Gateway:
    """A gateway for a checked configuration. Raises ``SpecError`` of a dialect that is not sound."""
    dialects = {name: compile_dialect(config.specs[name]) for name in {one.dialect for one in config.backends.values()}}
    backends = {name: build_backend(config, one, dialects[one.dialect]) for name, one in config.backends.items()}
    return Gateway(config, backends, observer)


def build_backend(config: Config, settings: Settings, dialect: Dialect) -> Backend:
    """One backend, ready to be asked."""
    secret = settings.credential
    return Backend(
        name=settings.name,
        dialect=dialect,
        transport=_transport(config, settings, dialect),
        timeout=settings.timeout,
        lent=None if secret is None else dialect.write_secret(secret.reveal()),
    )


def _transport(config: Config, settings: Settings, dialect: Dialect) -> Transport:
    if settings.url.startswith(DEMO):
        return _embedded(dialect)
    kind = DirectTransport if settings.transport == "direct" else _careful()
    return kind(
        settings.url,
        connections=config.connections_each,
        largest_body=config.limits.response_body,
        ca_file=settings.tls.ca,
        client=settings.tls.client,
    )


def _careful() -> type[HttpxTransport]:
    from jobgateway.backends.httpx_transport import HttpxTransport  # noqa: PLC0415, slow to load, and seldom needed

    return HttpxTransport


def _embedded(dialect: Dialect) -> Transport:
    from jobgateway.backends.demo import demo_transport  # noqa: PLC0415, as above, and so are all of these
    from jobgateway.mock.app import mock_app  # noqa: PLC0415
    from jobgateway.mock.population import documented  # noqa: PLC0415
    from jobgateway.mock.store import Store, scopes_of  # noqa: PLC0415

    jobs = documented(dialect)
    store = Store(jobs, clock=_now, scopes=scopes_of(jobs, dialect.spec.scope.field))
    return demo_transport(mock_app(dialect, store, profile=dialect.spec.profiles[0]))


def _now() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
