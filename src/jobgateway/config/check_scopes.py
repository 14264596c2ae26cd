"""Whether the calls that come by a route can be confined as its backend needs it."""

from __future__ import annotations

from typing import Final

from jobgateway.config.findings import Path, listed, shown
from jobgateway.config.known import Known
from jobgateway.config.source import Route
from jobgateway.config.words import UNCONFINED
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.hub import Operation
from jobgateway.translation.spec import Spec

_SCOPE: Final = "{scope}"


def check_scopes(known: Known, route: Route, path: Path) -> None:
    """Note it if calls by a route would come to its backend without the scope that it needs."""
    places = ((*path, "dialect"), ("backends", route.backend, "dialect"))
    backend = known.backend_at(route.backend, (*path, "backend"))
    caller = known.dialect_at(route.dialect, places[0])
    spoken = known.dialect_at(backend.dialect, places[1]) if backend is not None else None
    if backend is None or caller is None or spoken is None:
        return
    if not known.report.sound((*path, "scopes"), ("backends", route.backend, "scope")):
        return
    if route.scopes is not None:
        _check_map(known, route, path, caller, spoken)
    if backend.scope is None:
        _check_need(known, route, path, caller, spoken)


def _check_map(known: Known, route: Route, path: Path, caller: Dialect, spoken: Dialect) -> None:
    if not _ever_confined(caller.spec):
        known.report.add((*path, "scopes"), f"calls in {shown(caller.name)} name no scope; the map would never act")
    if not _always_confined(spoken.spec):
        return
    for scope, target in (route.scopes or {}).items():
        if target == UNCONFINED:
            place = (*path, "scopes", scope)
            known.report.add(place, f"{shown(route.backend)} cannot be asked without a {spoken.spec.scope.kind}")


def _check_need(known: Known, route: Route, path: Path, caller: Dialect, spoken: Dialect) -> None:
    """The backend has no ``scope`` of its own, so that each call that needs one must bring it."""
    kind = spoken.spec.scope.kind
    if route.scopes is not None:
        brought = _ever_confined(caller.spec)
    else:
        brought = _always_confined(caller.spec) if caller.spec.scope.kind == kind else frozenset()
    lacking = [operation for operation in Operation if operation in _always_confined(spoken.spec) - brought]
    if not lacking:
        return
    problem = f"{shown(route.backend)} needs a {kind} for {listed(lacking, 'and')}, which these callers do not name"
    if route.scopes is None:
        known.report.add((*path, "backend"), f"{problem}; give backends.{route.backend}.scope, or scopes here")
    else:
        known.report.warn((*path, "scopes"), f"{problem}; give backends.{route.backend}.scope too")


def _always_confined(spec: Spec) -> frozenset[Operation]:
    """The operations that cannot be asked for without a scope."""
    return frozenset(operation for operation, paths in _paths(spec).items() if all(_SCOPE in path for path in paths))


def _ever_confined(spec: Spec) -> frozenset[Operation]:
    """The operations that can be asked for with a scope."""
    return frozenset(operation for operation, paths in _paths(spec).items() if any(_SCOPE in path for path in paths))


def _paths(spec: Spec) -> dict[Operation, list[str]]:
    return {
        Operation.LIST: [endpoint.path for endpoint in spec.operations.list],
        Operation.GET: [spec.operations.get.path],
        Operation.CANCEL: [spec.operations.cancel.path],
    }
