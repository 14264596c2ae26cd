"""Whether each route leads somewhere, lets in whom it should, and can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from jobgateway.config.check_scopes import check_scopes
from jobgateway.config.findings import Path, closest, dotted, listed, shown
from jobgateway.config.known import Known
from jobgateway.config.source import Route
from jobgateway.translation.dialect import Dialect

Ask = tuple[str, tuple[str, ...]]
"""A method and the segments of a path; ``*`` stands for any segment."""


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
    before: list[tuple[Route, Path, frozenset[Ask]]] = []
    for route, path in known.routes():
        dialect = known.dialect_at(route.dialect, (*path, "dialect"))
        if dialect is None or not known.report.sound(*((*path, key) for key in ("host", "prefix", "callers"))):
            continue
        asks = frozenset(_asks(dialect, route.prefix))
        for other, place, others in before:
            if asks <= others and _admits(other, route):
                same = "the same requests as" if others == asks and _admits(route, other) else "only requests of"
                known.report.add(path, f"never reached: it takes {same} {dotted(place)}, which comes first")
                break
        before.append((route, path, asks))


def _admits(one: Route, other: Route) -> bool:
    """Whether the first takes all that the second would, as far as hosts and callers go."""
    hosts = one.host is None or one.host == other.host
    return hosts and (one.callers is None or (other.callers is not None and set(other.callers) <= set(one.callers)))


def _asks(dialect: Dialect, prefix: tuple[str, ...]) -> Iterator[Ask]:
    operations = dialect.spec.operations
    for endpoint in (*operations.list, operations.get, operations.cancel):
        segments = ("*" if segment.startswith("{") else segment for segment in endpoint.path.split("/")[1:])
        yield endpoint.method, (*prefix, *segments)
