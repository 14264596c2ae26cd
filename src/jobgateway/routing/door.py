"""The door: which route a request takes, who asks, and which credential goes out for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from jobgateway.config.model import Config
from jobgateway.routing.admission import Admission, Sender
from jobgateway.routing.callers import KnownCallers
from jobgateway.routing.holder import MARK, Holder
from jobgateway.routing.lane import Lane
from jobgateway.routing.strays import Strays
from jobgateway.routing.table import Table
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Request

if TYPE_CHECKING:
    from jobgateway.routing.tokens import Tokens


class Outgoing(Struct, frozen=True):
    """The header that presents a credential to a backend; ``None``: the token of the gateway's session there."""

    header: tuple[bytes, bytes] | None
    lent: bool
    """Whether it is the configuration's, not what the caller presented."""


class Door:
    """Admits requests. Immutable."""

    def __init__(self, config: Config, lanes: tuple[Lane, ...], tokens: Tokens | None = None) -> None:
        """``tokens``: those of callers who have logged in."""
        self._table = Table(lanes)
        self._tokens = tokens
        self._by_name = config.callers or {}
        self._callers = None if config.callers is None else KnownCallers(config.callers.values())
        self._strays = Strays(lanes if self._callers is not None else ())
        self._lent = [Outgoing(lane.backend.lent, lent=True) if lane.backend.lends else None for lane in lanes]
        self._own = _own_credentials(config, {lane.backend.name: lane for lane in lanes})

    def lanes_for(self, request: Request) -> tuple[Lane, ...]:
        """The routes that a request's host and path belong to, whoever asks."""
        return self._table.find(request.path, _host(request) if self._table.hosted else "")

    def admit(self, request: Request, sender: Sender) -> Admission:
        """The first route that matches, its `callers` included; then whether who asks may take it.

        ``sender`` sent the request, and sends none with other headers.
        """
        turned: Admission | None = None
        for lane in self.lanes_for(request):
            admission = sender.last
            if admission is None or admission.lane is not lane or not admission.lasts:
                admission = sender.last = self.consider(lane, request)
            wanted = lane.route.callers
            if not wanted or (admission.caller is not None and admission.caller.name in wanted):
                return admission
            turned = turned or admission
        if turned is None:
            return self._strayed(request)
        if turned.caller is None:
            return turned
        return Admission(turned.lane, turned.caller, refusal=Refusal(Reason.FORBIDDEN))

    def _strayed(self, request: Request) -> Admission:
        """No route is for this, which only known callers are told."""
        lane = self._strays.lane_like(request.path)
        turned = None if lane is None else self.consider(lane, request)
        if turned is not None and turned.refusal is not None:
            return turned
        return Admission(None, refusal=Refusal(Reason.NO_PATH))

    def lane_to_refuse(self, request: Request) -> Lane | None:
        """The route in whose words a request is refused that nobody has looked at."""
        lanes = self.lanes_for(request)
        return lanes[0] if lanes else self._strays.lane_like(request.path)

    def consider(self, lane: Lane, request: Request) -> Admission:
        """What a route would say to a request that it matches, its `callers` left aside."""
        secret = lane.dialect.read_secret(request)
        guarded = self._callers is not None and not lane.route.open
        if isinstance(secret, Refusal):
            needed = guarded or not lane.backend.lends or secret.reason is Reason.BAD_REQUEST
            return Admission(lane, refusal=secret if needed else None)
        if self._tokens is not None and secret.startswith(MARK) and lane.dialect.logins is not None:
            holder = self._tokens.read(secret)
            if holder is not None or guarded or lane.backend.entry is None:  # else its own: it may be such a gateway
                return self._bearer(lane, holder, guarded=guarded)
        caller = self._callers.find(secret) if self._callers is not None else None
        refusal = Refusal(Reason.BAD_CREDENTIAL) if caller is None and (guarded or lane.route.callers) else None
        return Admission(lane, caller, secret, refusal)

    def _bearer(self, lane: Lane, holder: Holder | None, *, guarded: bool) -> Admission:
        """Who presents a token; one that is for another backend, or none at all any more, is as a wrong key."""
        wanted = guarded or bool(lane.route.callers) or not lane.backend.lends
        if holder is None or holder.backend not in ("", lane.backend.name):
            return Admission(lane, refusal=Refusal(Reason.BAD_CREDENTIAL) if wanted else None)
        caller = self._by_name.get(holder.caller)
        refusal = Refusal(Reason.BAD_CREDENTIAL) if caller is None and (guarded or lane.route.callers) else None
        return Admission(lane, caller, holder.secret, refusal, lasts=False)

    def outgoing(self, admission: Admission) -> Outgoing | Refusal | None:
        """The caller's own credential for the backend, else the backend's, else what the caller presented."""
        lane = admission.lane
        if lane is None:
            return None
        if self._own and admission.caller is not None:
            own = self._own.get((admission.caller.name, lane.route.backend))
            if own is not None:
                return own
        lent = self._lent[lane.index]
        if lent is not None:
            return lent
        if admission.secret is None:
            return Refusal(Reason.NO_CREDENTIAL)
        header = lane.backend.dialect.write_secret(admission.secret)
        return Refusal(Reason.BAD_CREDENTIAL) if header is None else Outgoing(header, lent=False)


def _host(request: Request) -> str:
    for name, value in request.headers:
        if name == b"host":
            return value.decode("latin-1").lower()
    return ""


def _own_credentials(config: Config, lanes: Mapping[str, Lane]) -> dict[tuple[str, str], Outgoing]:
    """The credentials that callers have of their own, by caller and backend."""
    found = {}
    for caller in (config.callers or {}).values():
        for name, secret in caller.credentials.items():
            header = lanes[name].backend.dialect.write_secret(secret.reveal()) if name in lanes else None
            if header is not None:
                found[caller.name, name] = Outgoing(header, lent=True)
    return found
