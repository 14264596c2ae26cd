"""From a configuration to a gateway: each backend gets its dialect, its transport and its credential."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from jobgateway.backends.backend import Backend
from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.entry import PASSED_ON as ENTRY_PASSED_ON
from jobgateway.backends.entry import Entry
from jobgateway.backends.session import Session
from jobgateway.backends.transport import Transport
from jobgateway.config.model import Backend as Settings
from jobgateway.config.model import Config, Login
from jobgateway.gateway import Gateway
from jobgateway.observe.observer import Observer, Silent
from jobgateway.translation.accounts import Account
from jobgateway.translation.dialect import Dialect, compile_dialect

if TYPE_CHECKING:
    from jobgateway.asgi import App
    from jobgateway.backends.httpx_transport import HttpxTransport

DEMO: Final = "demo://"
LOGINS: Final = 16
"""Logins at one backend that are under way at a time."""
LARGEST_ANSWER: Final = 64 * 1024
"""Bytes of the answer to a login."""


def build_gateway(config: Config, observer: Observer | None = None) -> Gateway:
    """A gateway for a checked configuration. Raises ``SpecError`` of a dialect that is not sound."""
    dialects = {name: compile_dialect(config.specs[name]) for name in {one.dialect for one in config.backends.values()}}
    backends = {
        name: build_backend(config, one, dialects[one.dialect], observer) for name, one in config.backends.items()
    }
    return Gateway(config, backends, observer)


def build_backend(config: Config, settings: Settings, dialect: Dialect, observer: Observer | None = None) -> Backend:
    """One backend, ready to be asked."""
    secret = settings.credential
    app = _embedded(dialect) if settings.url.startswith(DEMO) else None
    entry = _entry(settings, dialect, app) if _is_entered(config, settings) else None
    login = settings.login
    return Backend(
        name=settings.name,
        dialect=dialect,
        transport=_transport(config, settings) if app is None else _demo(app),
        timeout=settings.timeout,
        lent=None if secret is None else dialect.write_secret(secret.reveal()),
        session=None if entry is None or login is None else _session(settings.name, entry, login, dialect, observer),
        entry=entry if login is None else None,
    )


def _is_entered(config: Config, settings: Settings) -> bool:
    """Whether accounts can come there: the gateway's own, or those of callers that the backend judges itself."""
    if settings.login is not None or settings.credential is not None:
        return settings.login is not None
    spoken = {route.dialect for route in config.routes if route.backend == settings.name}
    return any(config.specs[name].session is not None for name in spoken)


def _session(name: str, entry: Entry, login: Login, dialect: Dialect, observer: Observer | None) -> Session:
    account = Account(
        login.username,
        login.password.reveal(),
        login.encoding or entry.logins.encodings[0],
        login.address,
        login.port,
    )
    return Session(name, entry, account, dialect.credentials, observer or Silent())


def _entry(settings: Settings, dialect: Dialect, app: App | None) -> Entry | None:
    """Where accounts are exchanged for tokens, where the dialect has that: over connections that nothing else takes."""
    if dialect.logins is None:
        return None
    if app is not None:
        return Entry(dialect.logins, _demo(app, ENTRY_PASSED_ON), settings.timeout)
    transport = _careful()(
        settings.url, connections=LOGINS, largest_body=LARGEST_ANSWER, tls=settings.tls, passed_on=ENTRY_PASSED_ON
    )
    return Entry(dialect.logins, transport, settings.timeout)


def _transport(config: Config, settings: Settings) -> Transport:
    kind = DirectTransport if settings.transport == "direct" else _careful()
    return kind(
        settings.url,
        connections=config.connections_each,
        largest_body=config.limits.response_body,
        tls=settings.tls,
    )


def _careful() -> type[HttpxTransport]:
    from jobgateway.backends.httpx_transport import HttpxTransport  # noqa: PLC0415, slow to load, and seldom needed

    return HttpxTransport


def _demo(app: App, passed_on: frozenset[bytes] | None = None) -> Transport:
    """A transport to the embedded store."""
    from jobgateway.backends.demo import demo_transport  # noqa: PLC0415, as above, and so are all of these

    return demo_transport(app) if passed_on is None else demo_transport(app, passed_on=passed_on)


def _embedded(dialect: Dialect) -> App:
    from jobgateway.mock.app import mock_app  # noqa: PLC0415, as above
    from jobgateway.mock.population import documented  # noqa: PLC0415
    from jobgateway.mock.store import Store, scopes_of  # noqa: PLC0415

    jobs = documented(dialect)
    store = Store(jobs, clock=_now, scopes=scopes_of(jobs, dialect.spec.scope.field))
    return mock_app(dialect, store, profile=dialect.spec.profiles[0])


def _now() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
