"""Whether each route leads somewhere, lets in whom it should, and can be reached."""

from __future__ import annotations

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
        problem = f"{shown(dialect.name)} has no profile {shown(route.profile)}; it has {listed(profiles, 'and')}"
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
            known.report.add((*place, index), f"{shown(name)} is named twice")


def _check_lending(known: Known, route: Route, path: Path) -> None:
    """Without callers, whoever reaches the port would ask with the gateway's own credential."""
    backend = known.backend_at(route.backend, (*path, "backend"))
    if backend is None or not known.report.sound((*path, "open"), ("backends", route.backend, "credential")):
        return
    if not known.report.stands(("callers",)) or known.said.callers is not None:
        return
    if backend.credential is not None and not route.open:
        known.report.add(
            (*path, "backend"),
            f"{shown(route.backend)} would lend its credential to anyone; name who may ask in `callers`,"
            " or say `open: true` here",
        )


def _check_reach(known: Known) -> None:
    """A path belongs to a route where it begins with its prefix and what all paths of its dialect begin with."""
    before: list[tuple[Route, Path, Start]] = []
    for route, path in known.routes():
        dialect = known.dialect_at(route.dialect, (*path, "dialect"))
        if dialect is None or not known.report.sound(*((*path, key) for key in ("host", "prefix", "callers"))):
            continue
        start = (*route.prefix, *dialect.root)
        first = next((each for each in before if _covers(each[0], each[2], route, start)), None)
        if first is not None:
            same = "the same" if _covers(route, start, first[0], first[2]) else "all of its"
            known.report.add(path, f"never reached: {dotted(first[1])} comes first and takes {same} requests")
        before.append((route, path, start))


def _covers(one: Route, start: Start, other: Route, other_start: Start) -> bool:
    """Whether the first route takes every request that the other would."""
    paths = other_start[: len(start)] == start
    hosts = one.host is None or one.host in {other.host, (other.host or "").rpartition(":")[0]}
    callers = one.callers is None or (other.callers is not None and set(other.callers) <= set(one.callers))
    return paths and hosts and callers
