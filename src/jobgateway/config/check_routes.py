"""Whether each route leads somewhere, lets in whom it should, and can be reached."""

from __future__ import annotations

from itertools import chain, product

from jobgateway.config.check_scopes import check_scopes
from jobgateway.config.findings import Path, closest, dotted, listed, shown
from jobgateway.config.known import Known
from jobgateway.config.source import Route

Start = tuple[str, ...]
"""The segments that the paths of a route begin with."""


def check_routes(known: Known) -> None:
    """Note what is wrong with the routes, each by itself and all together."""
    for route, path in known.routes():
        _check_names(known, route, path)
        _check_profile(known, route, path)
        _check_callers(known, route, path)
        _check_lending(known, route, path)
        check_scopes(known, route, path)
    _check_reach(known)


def _check_names(known: Known, route: Route, path: Path) -> None:
    known.require("dialect", route.dialect, (*path, "dialect"), among="dialects", known=known.dialects)
    known.require("backend", route.backend, (*path, "backend"), among="backends", known=known.said.backends)


def _check_profile(known: Known, route: Route, path: Path) -> None:
    place = (*path, "profile")
    dialect = known.dialect_at(route.dialect, (*path, "dialect"))
    if dialect is None or route.profile is None or not known.report.sound(place):
        return
    profiles = dialect.spec.profiles
    if route.profile not in profiles:
        wanted = known.report.shown(place, route.profile)
        problem = f"{shown(dialect.name)} has no profile {wanted}; it has {listed(profiles, 'and')}"
        known.report.add(place, problem, near=closest(route.profile, profiles))


def _check_callers(known: Known, route: Route, path: Path) -> None:
    place = (*path, "callers")
    if not route.callers or not known.report.sound(place) or not known.report.stands(("callers",)):
        return
    if known.said.callers is None:
        known.report.add(place, "there is no section `callers` that names them")
        return
    if route.open is True:
        known.report.add((*path, "open"), "true, but `callers` says who may ask; leave one of them out")
    for index, name in enumerate(route.callers):
        known.require("caller", name, (*place, index), among="callers", known=known.said.callers)
        if name in route.callers[:index]:
            known.report.add((*place, index), f"{known.report.shown((*place, index), name)} is named twice")


def _check_lending(known: Known, route: Route, path: Path) -> None:
    """Without callers, whoever reaches the port would ask with the gateway's own credential."""
    backend = known.backend_at(route.backend, (*path, "backend"))
    if backend is None or not known.report.sound((*path, "open"), *_own(route.backend)):
        return
    if not known.report.stands(("callers",)) or known.said.callers is not None:
        return
    if (backend.credential is not None or backend.login is not None) and not route.open:
        known.report.add(
            (*path, "backend"),
            f"{shown(route.backend)} would lend its credential to anyone; name who may ask in `callers`,"
            " or say `open: true` here",
        )


def _own(backend: str) -> tuple[Path, ...]:
    """Where a backend's own credential may stand."""
    return ("backends", backend, "credential"), ("backends", backend, "login")


def _check_reach(known: Known) -> None:
    """A request belongs to a route where its path begins as those of the route do, and its host is the route's."""
    before: dict[tuple[Start, str | None], list[tuple[Route, Path]]] = {}
    for route, path in known.routes():
        dialect = known.dialect_at(route.dialect, (*path, "dialect"))
        if dialect is None or not known.report.sound(*((*path, key) for key in ("host", "prefix", "callers"))):
            continue
        start = (*route.prefix, *dialect.root)
        places = product(range(len(start) + 1), _hosts(route.host))
        rivals = chain.from_iterable(before.get((start[:length], host), ()) for length, host in places)
        first = next((place for other, place in rivals if _admits(other, route)), None)
        if first is not None:
            known.report.add(path, f"never reached: {dotted(first)} comes first and takes all its requests")
        before.setdefault((start, route.host), []).append((route, path))


def _hosts(host: str | None) -> tuple[str | None, ...]:
    """The hosts of routes that take what is asked for a host."""
    if host is None:
        return (None,)
    name, colon, _ = host.rpartition(":")
    return (None, host, name) if colon and not host.endswith("]") else (None, host)


def _admits(one: Route, other: Route) -> bool:
    """Whether the first lets in every caller that the other does."""
    return one.callers is None or (other.callers is not None and set(other.callers) <= set(one.callers))
