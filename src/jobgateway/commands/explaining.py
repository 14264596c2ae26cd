"""What would become of a request: every step of the gateway but the asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jobgateway.commands.supposing import Supposed, suppose
from jobgateway.config.model import MASK
from jobgateway.edge.hygiene import tidiness, untidy
from jobgateway.gateway import problem, understand
from jobgateway.routing.admission import Admission, Sender
from jobgateway.routing.table import Table
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.logins import Issued

if TYPE_CHECKING:
    from jobgateway.gateway import Gateway
    from jobgateway.routing.lane import Lane
    from jobgateway.routing.reception import Forward, Visit
    from jobgateway.translation.dialect import Dialect
    from jobgateway.translation.hub import Call, Reply
    from jobgateway.translation.wire import Headers, Request

_OK: Final = 200
_STAND_IN: Final = "secret0in0place0of0the0real0one"


class Considered(Struct, frozen=True):
    """A route, and what became of it; without a reason it was taken."""

    lane: Lane
    why_not: str | None = None


class Credential(Struct, frozen=True):
    """The header that presents a credential to the backend, masked, and whose it is."""

    header: tuple[bytes, bytes]
    source: str


class Explanation(Struct, frozen=True):
    """As far as the request comes; with a refusal where it goes no further."""

    routes: tuple[Considered, ...]
    lane: Lane | None = None
    caller: str | None = None
    call: Call | None = None
    directed: Call | None = None
    credential: Credential | None = None
    headers: Headers = ()
    """What is handed on of the caller's own."""
    supposed: Supposed | None = None
    login: str | None = None
    """What a login gives."""
    refusal: Refusal | None = None

    @property
    def reply(self) -> Reply | None:
        """What the caller is told."""
        return self.refusal if self.supposed is None else self.supposed.reply

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        if self.login is not None:
            return _OK
        if self.lane is None or self.reply is None:
            return problem(self.refusal or Refusal(Reason.NO_PATH)).status
        return self.lane.dialect.write_reply(self.call, self.reply, self.lane.route.profile).status


def explain_request(gateway: Gateway, request: Request, count: int) -> Explanation:
    """What the gateway would do with a request, over a backend that is supposed to hold ``count`` jobs."""
    admission = _admission(gateway, request)
    visit = _visit(gateway, request)
    if visit is not None:
        admission = Admission(visit.lane, visit.caller)
    lane = admission.lane
    known = Explanation(
        routes=tuple(_considered(gateway, each, request, admission) for each in gateway.lanes),
        lane=lane,
        caller=None if admission.caller is None else admission.caller.name,
        headers=Sender(request.headers).handed_on,
        refusal=admission.refusal,
    )
    if visit is not None:
        answer = visit.answer
        return replace(known, refusal=answer) if isinstance(answer, Refusal) else replace(known, login=_given(answer))
    if lane is None:
        return known
    call = understand(lane, request)
    if isinstance(call, Refusal):
        return replace(known, refusal=known.refusal or call)
    known = replace(known, call=call)
    if known.refusal is None:
        known = _let_in(gateway, admission, lane, call, known)
    if known.directed is None or known.refusal is not None:
        return known
    return replace(known, supposed=suppose(lane, known.directed, gateway.budget, count))


def _admission(gateway: Gateway, request: Request) -> Admission:
    """What the edge refuses by itself, it refuses in the dialect that the path belongs to."""
    refusal = _untidy(gateway, request)
    if refusal is None:
        return gateway.door.admit(request, Sender(request.headers))
    lanes = gateway.door.lanes_for(request)
    return Admission(lanes[0] if lanes else None, refusal=refusal)


def _untidy(gateway: Gateway, request: Request) -> Refusal | None:
    return untidy(request, tidiness(request.headers, "1.1"), gateway.config.limits.request_head)


def _visit(gateway: Gateway, request: Request) -> Visit | None:
    """What becomes of a request that is a login; its body is supposed to say what it should."""
    if _untidy(gateway, request) is not None:
        return None
    words = next((lane.dialect.spec.session for lane in gateway.door.lanes_for(request) if lane.dialect.logins), None)
    if words is None:
        return None
    body = msgspec.json.encode({words.address: "supposed", words.port: 1})
    return gateway.reception.visit(replace(request, body=body))


def _given(answer: Issued | Forward) -> str:
    return "a token of the gateway" if isinstance(answer, Issued) else "what the backend gives: the login is passed on"


def _let_in(gateway: Gateway, admission: Admission, lane: Lane, call: Call, known: Explanation) -> Explanation:
    """The way of a call to the backend's door: its scope there, and the credential."""
    directed = lane.scopes.apply(call)
    if isinstance(directed, Refusal):
        return replace(known, refusal=directed)
    outgoing = gateway.door.outgoing(admission)
    if outgoing is None or isinstance(outgoing, Refusal):
        return replace(known, directed=directed, refusal=outgoing or Refusal(Reason.NO_CREDENTIAL))
    own = admission.caller is not None and lane.backend.name in admission.caller.credentials
    lent = "the backend's" if outgoing.header is not None else "the session's at the backend"
    source = "the caller's own for this backend" if own else lent if outgoing.lent else "passed on"
    return replace(known, directed=directed, credential=Credential(_masked(lane.backend.dialect), source))


def _masked(dialect: Dialect) -> tuple[bytes, bytes]:
    """The header that presents a secret in a dialect, with a mask in the secret's place."""
    header = dialect.write_secret(_STAND_IN)
    if header is None:
        raise TypeError("every carrier takes letters and digits")
    return header[0], header[1].replace(_STAND_IN.encode(), MASK.encode())


def _considered(gateway: Gateway, lane: Lane, request: Request, admission: Admission) -> Considered:
    route = lane.route
    if not Table((lane,)).find(request.path, route.host or ""):
        start = "/".join((*route.prefix, *lane.dialect.root))
        return Considered(lane, f"the path does not begin with /{start}")
    if lane not in gateway.door.lanes_for(request):
        return Considered(lane, f"it is for the host {route.host}")
    caller = gateway.door.consider(lane, request).caller
    if route.callers and (caller is None or caller.name not in route.callers):
        return Considered(lane, f"it is for {', '.join(route.callers)}")
    return Considered(lane, None if lane is admission.lane else "an earlier route was taken")
