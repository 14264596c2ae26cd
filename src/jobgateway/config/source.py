"""What ``gateway.yaml`` may say, key by key; the loader and the JSON Schema are both made from this.

What it means, resolved and checked, is in ``model``. Durations are seconds, sizes are bytes.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Struct, field

from jobgateway.config import addresses, words
from jobgateway.config.filling import Fill
from jobgateway.config.model import Secret
from jobgateway.config.shapes import EACH_DIALECT, About, Fewest, Grammar, Number
from jobgateway.config.source_sessions import Account, Login, Sessions
from jobgateway.config.source_tls import BackendTls, ListenTls
from jobgateway.config.units import DURATION, SIZE, bounded_duration, bounded_size, write_duration, write_size

_Port: Final = Number(0, 65535)
_Bind: Final = Grammar(addresses.read_bind, addresses.BIND)
_Url: Final = Grammar(addresses.read_url, addresses.URL)
_Host: Final = Grammar(addresses.read_host, addresses.HOST)
_Prefix: Final = Grammar(addresses.read_prefix, addresses.PREFIX, addresses.write_prefix)
_Timeout: Final = Grammar(bounded_duration("1ms", "1h"), DURATION, write_duration)
_Head: Final = Grammar(bounded_size("1KiB", "1MiB"), SIZE, write_size)
_Body: Final = Grammar(bounded_size("1KiB", "1GiB"), SIZE, write_size)

Name = Annotated[str, Grammar(words.read_name, words.NAME)]
Scope = Annotated[str, Grammar(words.read_scope, words.SCOPE)]
ScopeOrAll = Annotated[str, Grammar(words.read_scope_or_all, words.SCOPE_OR_ALL)]
Digest = Annotated[bytes, Grammar(words.read_digest, words.DIGEST)]


class Listen(Struct, frozen=True):
    """Where callers ask."""

    host: Annotated[str, _Bind, About("The address or name to listen on.", ("127.0.0.1", "::1"))] = "127.0.0.1"
    port: Annotated[int, _Port, About("The port; 0 takes one that is free.", (8080,))] = 8080
    tls: Annotated[
        ListenTls | None,
        About(
            "What callers are shown, who then speak TLS; without this section, plain HTTP.",
            ({"certificate": "./tls.crt", "key": "./tls.key"},),
        ),
    ] = None


class Admin(Struct, frozen=True):
    """Where /livez, /readyz and /metrics are asked for; without this section nowhere."""

    host: Annotated[str, _Bind, About("The address or name to listen on.", ("127.0.0.1", "::1"))] = "127.0.0.1"
    port: Annotated[int, _Port, About("The port; 0 takes one that is free.", (9090,))] = 9090


class Backend(Struct, frozen=True):
    """One backend: where it is, how it speaks, and with which credential it is asked."""

    dialect: Annotated[Name, About("How it speaks: a shipped dialect, or one of `dialects`.", EACH_DIALECT)]
    url: Annotated[
        str,
        _Url,
        About(
            "What its paths are appended to. demo:// is the embedded store, for a first run.",
            ("https://replay.example.com/v2/api", "http://127.0.0.1:7002", "demo://"),
        ),
    ]
    scope: Annotated[
        Scope | None,
        About("The project key or workflow id that is asked for where a call names none.", ("3sWXSsqHgSKnE87YkNJK",)),
    ] = None
    credential: Annotated[
        Secret | None,
        About(
            "The secret that this backend is asked with. Without it, each caller's own secret is passed on.",
            ("${env:REPLAY_KEY}", "${file:/run/secrets/replay}"),
        ),
    ] = None
    timeout: Annotated[
        float, _Timeout, About("How long one caller's request may take, over all calls that it needs here.", ("10s",))
    ] = 10.0
    transport: Annotated[
        Literal["direct", "httpx"],
        About("What carries requests to it: kept connections, or a fresh one for each.", ("direct", "httpx")),
    ] = "direct"
    tls: Annotated[
        BackendTls | None,
        About("Whom an https backend's connections trust, and what they show.", ({"ca": "./ca.pem"},)),
    ] = None
    fill: Annotated[
        Fill,
        About(
            "Fields of a job that this backend does not say.",
            ({"project_id": 1, "action": "workflow", "reference_id": {"from": "workflow_id"}},),
        ),
    ] = Fill()
    login: Annotated[
        Login | None,
        About(
            "An account with which the gateway logs in at this backend, and keeps and renews its session.",
            ({"address": "graphd", "port": 9669, "username": "root", "password": "${file:/run/secrets/nebula}"},),
        ),
    ] = None


class Caller(Struct, frozen=True):
    """A known caller: the keys that it presents, and its own credentials at backends."""

    key: Annotated[
        Secret | tuple[Secret, ...] | None,
        About("Its key, or a list of keys while one replaces another.", ("${env:BILLING_KEY}",)),
    ] = None
    key_sha256: Annotated[
        Digest | tuple[Digest, ...] | None,
        About(
            "The SHA-256 digest of its key in hexadecimal digits, or a list: a key that this file cannot give away.",
            ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
        ),
    ] = None
    credentials: Annotated[
        dict[Name, Secret],
        About("Backend -> the credential that this caller is asked for with there.", ({"replay": "${env:KEY}"},)),
    ] = field(default_factory=dict)
    account: Annotated[
        Account | None,
        About(
            "With what it logs in, where its dialect has logins; by default its name and its key.",
            ({"username": "billing", "password": "${env:BILLING_KEY}"},),
        ),
    ] = None


class Route(Struct, frozen=True):
    """Which requests go to which backend."""

    dialect: Annotated[Name, About("What the callers speak: a shipped dialect, or one of `dialects`.", EACH_DIALECT)]
    backend: Annotated[Name, About("Who answers: one of `backends`.", ("replay",))]
    profile: Annotated[
        Name | None,
        About("Which variant of the dialect is written; its first one by default.", ("documented", "deployed")),
    ] = None
    host: Annotated[
        str | None, _Host, About("Only requests for this host, and port where it has one.", ("old.example.com",))
    ] = None
    prefix: Annotated[
        tuple[str, ...],
        _Prefix,
        About("Only requests whose path begins with these whole segments, which are taken off.", ("/old",)),
    ] = ()
    callers: Annotated[tuple[Name, ...] | None, Fewest(1), About("Only these callers.", (["billing"],))] = None
    scopes: Annotated[
        dict[Scope, ScopeOrAll] | None,
        Fewest(1),
        About(
            "The caller's scope -> the backend's; \"*\": not confined. Any other scope is not found.",
            ({"OLDKEY": "3sWXSsqHgSKnE87YkNJK"}, {"OLDKEY": "*"}),
        ),
    ] = None
    open: Annotated[bool, About("Whether anyone may ask, known or not.", (False,))] = False


class Limits(Struct, frozen=True):
    """Bounds on what one request may take, and on how many there may be."""

    request_head: Annotated[int, _Head, About("The largest request line and headers.", ("16KiB",))] = 16 * 1024
    request_body: Annotated[int, _Body, About("The largest body of a request.", ("64KiB",))] = 64 * 1024
    response_body: Annotated[int, _Body, About("The largest body of a backend's answer.", ("8MiB",))] = 8 * 1024 * 1024
    rows: Annotated[
        int, Number(1, 10_000_000), About("The most jobs that one request may read from its backend.", (20_000,))
    ] = 20_000
    calls: Annotated[
        int, Number(1, 100_000), About("The most calls that one request may make to its backend.", (100,))
    ] = 100
    connections: Annotated[
        int, Number(1, 1_000_000), About("The most connections of callers at one time.", (1024,))
    ] = 1024


class Gateway(Struct, frozen=True):
    """The configuration of jobgateway: who asks in which dialect, and who answers in which."""

    version: Annotated[int, Number(1, 1), About("The version of this file's format.", (1,))]
    backends: Annotated[
        dict[Name, Backend],
        Fewest(1),
        About("Who answers, by a name of your choice.", ({"replay": {"dialect": "acme", "url": "demo://"}},)),
    ]
    routes: Annotated[
        tuple[Route, ...],
        Fewest(1),
        About(
            "Who is answered by whom; the first that matches is taken.", ([{"dialect": "acme", "backend": "replay"}],)
        ),
    ]
    listen: Annotated[Listen, About("Where callers ask.", ({"host": "127.0.0.1", "port": 8080},))] = Listen()
    admin: Annotated[
        Admin | None,
        About(
            "Where /livez, /readyz and /metrics are asked for; without this section nowhere.",
            ({"host": "127.0.0.1", "port": 9090},),
        ),
    ] = None
    workers: Annotated[
        int, Number(1, 64), About("How many processes serve callers; as many as there are cores use them all.", (1, 4))
    ] = 1
    dialects: Annotated[
        dict[Name, str],
        About("More dialects: name -> their file, relative to this one.", ({"acme": "./acme.yaml"},)),
    ] = field(default_factory=dict)
    callers: Annotated[
        dict[Name, Caller] | None,
        About(
            "Who may ask, by a name of your choice. Without this section each backend judges the caller's own secret.",
            ({"billing": {"key": "${env:BILLING_KEY}"}},),
        ),
    ] = None
    sessions: Annotated[
        Sessions | None,
        About(
            "What callers' tokens are made with; without this section no caller can log in here.",
            ({"key": "${env:SESSION_KEY}"},),
        ),
    ] = None
    limits: Annotated[
        Limits, About("Bounds; one that is reached is answered with a refusal that names it.", ({"rows": 20_000},))
    ] = Limits()
