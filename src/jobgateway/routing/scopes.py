"""Which scope a call has at the backend."""

from __future__ import annotations

from msgspec import Struct

from jobgateway.translation.dialect import Dialect
from jobgateway.translation.hub import Call, ListJobs, Reason, Refusal


class ScopeRule(Struct, frozen=True):
    """How a route's scopes go out."""

    mapped: dict[str, str | None] | None
    """The caller's scope -> the backend's, ``None`` for not confined; given: any other is not found."""
    default: str | None
    """The backend's own scope, used where the call names none."""
    same_kind: bool
    """Whether both dialects mean the same by a scope."""
    forced: bool
    """Whether the caller's dialect names a scope in every call, so that naming one says nothing."""
    needed: bool
    """Whether the backend's dialect cannot ask without one."""

    def apply(self, call: Call) -> Call | Refusal:
        """The call with the backend's scope, or the refusal of a scope that leads nowhere."""
        scope = call.scope
        if scope is None:
            outgoing = self.default
        elif self.mapped is not None:
            if scope not in self.mapped:
                return Refusal(Reason.NO_SCOPE)
            outgoing = self.mapped[scope]
        elif self.same_kind:
            outgoing = scope
        elif self.forced:
            outgoing = self.default
        else:
            return Refusal(Reason.NO_SCOPE)
        if outgoing is None and self.needed:
            return Refusal(Reason.NO_SCOPE)
        return call if outgoing == scope else _confine(call, outgoing)


def _confine(call: Call, scope: str | None) -> Call:
    if type(call) is ListJobs:
        return ListJobs(scope, call.window, call.wanted, call.order, call.counted)
    return type(call)(scope, call.id)


def scope_rule(
    caller: Dialect, backend: Dialect, *, mapped: dict[str, str | None] | None, default: str | None
) -> ScopeRule:
    """The rule of a route between two dialects."""
    return ScopeRule(
        mapped=mapped,
        default=default,
        same_kind=caller.spec.scope.kind == backend.spec.scope.kind,
        forced=_always_scoped(caller),
        needed=_always_scoped(backend),
    )


def _always_scoped(dialect: Dialect) -> bool:
    return all("{scope}" in endpoint.path for endpoint in dialect.spec.operations.list)
