"""What ``run`` prints when it is ready: what was loaded, and how each route is asked."""

from __future__ import annotations

import shlex
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace

from jobgateway import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sized

    from jobgateway.config.model import Config, Listen, Route
    from jobgateway.translation.spec import Carrier, Spec

DEMO_KEY: Final = "demo"
"""Stands for a key where the backend judges it, or nobody does."""
KEY_VARIABLE: Final = '"$KEY"'
"""Where a known caller's key is put by whoever pastes the line."""


def banner(config: Config, callers: Listen, admin: Listen | None) -> str:
    """Some lines for people. The addresses are those that are really listened on."""
    return "\n".join(_lines(config, callers, admin))


def url_of(address: Listen) -> str:
    """The URL of an address, for a client on this machine."""
    scheme = "http" if address.tls is None else "https"
    try:
        ip = ip_address(address.host)
    except ValueError:
        return f"{scheme}://{address.host}:{address.port}"
    host = ("::1" if ip.version == 6 else "127.0.0.1") if ip.is_unspecified else str(ip)  # noqa: PLR2004
    return f"{scheme}://[{host}]:{address.port}" if ":" in host else f"{scheme}://{host}:{address.port}"


def _lines(config: Config, callers: Listen, admin: Listen | None) -> Iterator[str]:
    callers = replace(callers, tls=config.listen.tls)
    counts = (
        _count(config.callers or {}, "caller"),
        _count(config.routes, "route"),
        _count(config.backends, "backend"),
    )
    admin_at = "" if admin is None else f", admin on {url_of(admin)}"
    yield f"jobgateway {__version__} on {url_of(callers)}{admin_at}: {', '.join(counts)} from {config.path}"
    for route in config.routes:
        yield f"{route.dialect} from {route.backend}:"
        yield f"  {curl(config, route, url_of(callers))}"


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def curl(config: Config, route: Route, origin: str) -> str:
    """A command for a POSIX shell that lists a route's jobs."""
    spec = config.specs[route.dialect]
    known = config.callers is not None and not route.open
    words = ["curl", "-H", _credential(spec.credential.written, known=known)]
    if route.host is not None:
        words += ["-H", shlex.quote(f"Host: {route.host}")]
    prefix = "".join(f"/{quote(segment, safe='')}" for segment in route.prefix)
    return " ".join([*words, shlex.quote(origin + prefix + _path(config, route, spec) + _query(spec))])


def _credential(carrier: Carrier, *, known: bool) -> str:
    """The header that carries a key, quoted for the shell."""
    if carrier.cookie is not None:
        start = f"Cookie: {carrier.cookie}="
    else:
        name = "-".join(part.capitalize() for part in (carrier.header or "").split("-"))
        start = f"{name}: {carrier.scheme} " if carrier.scheme else f"{name}: "
    return shlex.quote(start) + KEY_VARIABLE if known else shlex.quote(start + DEMO_KEY)


def _path(config: Config, route: Route, spec: Spec) -> str:
    """A list's path, one without a scope where there is one."""
    paths = sorted((endpoint.path for endpoint in spec.operations.list), key=lambda path: "{scope}" in path)
    example = spec.scope.example or spec.scope.kind
    scope = next(iter(route.scopes or ()), None) or config.backends[route.backend].scope or example
    return paths[0].replace("{scope}", quote(scope, safe=""))


def _query(spec: Spec) -> str:
    """The first page in the dialect's words, and its filter where that is one object."""
    words: dict[str, str | int] = {}
    if spec.filter is not None and spec.filter.within is not None:
        order = spec.filter.order
        words[spec.filter.within] = msgspec.json.encode({} if order is None else {order.key: order.newest}).decode()
    if spec.paging is not None:
        words[spec.paging.size.key] = spec.paging.size.default
        words[spec.paging.start.key] = spec.paging.start.default
    return f"?{urlencode(words)}" if words else ""
