"""A route made ready: everything between its callers and its backend that does not change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from jobgateway.backends.backend import Backend
from jobgateway.config.model import Backend as BackendSettings
from jobgateway.config.model import Config, FillFrom, Route
from jobgateway.routing.scopes import ScopeRule, scope_rule
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.fill import Fill
from jobgateway.translation.fusion import Fusion, fuse
from jobgateway.translation.hub import Abilities, Budget, Call
from jobgateway.translation.single import Single, singles


class Lane(Struct, frozen=True):
    """A route, its two dialects, and what lies between them."""

    index: int
    """The route's place in the configuration, from 0."""
    route: Route
    dialect: Dialect
    backend: Backend
    abilities: Abilities
    single: Callable[[Call], Single | None]
    """Tells of calls whose plan is a single call."""
    scopes: ScopeRule
    fill: Fill | None
    shows_cancelled: bool
    """Whether the caller's dialect answers a cancel with the job."""
    same: bool
    """Whether caller and backend speak the same dialect."""
    fusion: Fusion | None
    """The two dialects joined, where nothing of a list need be looked at between them."""

    def matches_host(self, host: str) -> bool:
        """Whether the route is for this Host, lower case, with or without its port."""
        wanted = self.route.host
        return wanted is None or wanted == host or wanted == host.rpartition(":")[0]

    def inner_path(self, path: str) -> str:
        """The path without the route's prefix, still as it came."""
        depth = len(self.route.prefix)
        return path if depth == 0 else "/" + "/".join(path.split("/")[depth + 1 :])


def lanes_of(
    config: Config, dialects: Mapping[str, Dialect], backends: Mapping[str, Backend], budget: Budget
) -> tuple[Lane, ...]:
    """The routes of a configuration, ready; ``budget`` is what one call of a caller's may cost."""
    return tuple(
        _lane(index, config, dialects[route.dialect], backends[route.backend], budget)
        for index, route in enumerate(config.routes)
    )


def _lane(index: int, config: Config, dialect: Dialect, backend: Backend, budget: Budget) -> Lane:
    route = config.routes[index]
    settings = config.backends[route.backend]
    same = dialect.name == backend.dialect.name
    abilities = backend.dialect.abilities(same=same)
    fill = _fill(settings) if settings.fill and not same else None
    return Lane(
        index=index,
        route=route,
        dialect=dialect,
        backend=backend,
        abilities=abilities,
        single=singles(abilities, budget),
        scopes=scope_rule(dialect, backend.dialect, mapped=route.scopes, default=settings.scope),
        fill=fill,
        shows_cancelled=dialect.shows_cancelled,
        same=same,
        fusion=fuse(backend.dialect, dialect) if fill is None else None,
    )


def _fill(settings: BackendSettings) -> Fill:
    given = {name: value for name, value in settings.fill.items() if not isinstance(value, FillFrom)}
    copied = {name: value.field for name, value in settings.fill.items() if isinstance(value, FillFrom)}
    return Fill(given, copied)
