"""A gateway's configuration as frozen values: what ``gateway.yaml`` says, resolved and checked.

Durations are seconds, sizes are bytes.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct, field

from jobgateway.config.findings import Finding
from jobgateway.translation.session_words import AccountEncoding
from jobgateway.translation.spec import Spec

MASK: Final = "********"


class Secret:
    """A text that is shown only when asked for by name: ``str``, ``repr`` and JSON give a mask."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class KeyPair(Struct, frozen=True):
    """The files of a certificate, with those that lead to its authority, and of its private key; both PEM."""

    certificate: str
    key: str
    """The same file where it holds both."""


class Listen(Struct, frozen=True):
    """An address to listen on, and what is shown there of who listens."""

    host: str = "127.0.0.1"
    port: int = 8080
    tls: KeyPair | None = None


class Login(Struct, frozen=True):
    """An account with which the gateway opens a session at a backend."""

    address: str
    port: int
    username: str
    password: Secret
    encoding: AccountEncoding | None = None
    """How the account is said; ``None``: as the dialect usually does."""


class Tls(Struct, frozen=True):
    """Whom a backend's connection trusts, and what it shows."""

    ca: str | None = None
    """A file of authorities (PEM) that are trusted instead of the system's."""
    client: KeyPair | None = None


class FillFrom(Struct, frozen=True):
    """A fill that copies another hub field."""

    field: str


class Backend(Struct, frozen=True):
    """One backend."""

    name: str
    dialect: str
    url: str
    scope: str | None = None
    credential: Secret | None = None
    login: Login | None = None
    timeout: float = 10.0
    transport: Literal["direct", "httpx"] = "direct"
    tls: Tls = Tls()
    fill: dict[str, Any] = field(default_factory=dict)
    """Hub field -> value, or ``FillFrom``."""

    @property
    def lends(self) -> bool:
        """Whether callers reach it with the gateway's credential instead of their own."""
        return self.credential is not None or self.login is not None


class Account(Struct, frozen=True):
    """Name and password of a caller that logs in. Without a password, each of its keys is one."""

    username: str
    password: Secret | None = None


class Caller(Struct, frozen=True):
    """A known caller. ``key_digests`` are the SHA-256 digests, 32 bytes each, of its keys."""

    name: str
    key_digests: tuple[bytes, ...]
    account: Account | None = None
    """``None``: its name, and each of its keys as a password."""
    credentials: dict[str, Secret] = field(default_factory=dict)
    """Backend name -> the caller's own credential there."""


class Route(Struct, frozen=True):
    """Which callers' requests go to which backend; the first that matches is taken."""

    dialect: str
    backend: str
    profile: str
    host: str | None = None
    prefix: tuple[str, ...] = ()
    """Whole path segments, stripped."""
    callers: tuple[str, ...] = ()
    scopes: dict[str, str | None] | None = None
    """The caller's scope -> the backend's; ``None`` there: not confined."""
    open: bool = False


class Sessions(Struct, frozen=True):
    """What callers' sessions are made with."""

    keys: tuple[Secret, ...]
    """The first signs and seals; what the others signed and sealed is taken as well."""
    secure: bool = False
    """Whether all callers come over TLS, whoever ends it."""


class Limits(Struct, frozen=True):
    """Bounds; sizes in bytes."""

    request_head: int = 16 * 1024
    request_body: int = 64 * 1024
    response_body: int = 8 * 1024 * 1024
    rows: int = 20_000
    calls: int = 100
    connections: int = 1024


class Config(Struct, frozen=True):
    """The whole configuration; ``specs`` holds every dialect that can be named, shipped ones included."""

    backends: dict[str, Backend]
    routes: tuple[Route, ...]
    specs: dict[str, Spec]
    version: int = 1
    listen: Listen = Listen()
    admin: Listen | None = None
    workers: int = 1
    callers: dict[str, Caller] | None = None
    sessions: Sessions | None = None
    limits: Limits = Limits()
    path: str = ""
    """The file it came from."""
    warnings: tuple[Finding, ...] = ()
    """What is probably not meant, but can be run."""

    @property
    def connections_each(self) -> int:
        """How many connections of callers, and to each backend, one worker may have."""
        return max(1, self.limits.connections // self.workers)
