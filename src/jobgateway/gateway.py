"""Where all wings meet: a caller's request in, the answer in the caller's dialect out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from jobgateway.backends.backend import Asking, Backend
from jobgateway.backends.deadline import Deadline
from jobgateway.backends.drive import drive
from jobgateway.backends.faults import late
from jobgateway.config.model import Config
from jobgateway.observe.observer import Observer, Silent
from jobgateway.routing.door import Admission, Door
from jobgateway.routing.lane import Lane, lanes_of
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import Budget, Call, ListJobs, Operation, Page, Reason, Refusal, Reply, operation_of
from jobgateway.translation.plan import plan
from jobgateway.translation.reasons import STATUS_OF, told
from jobgateway.translation.share import takes_pages_whole
from jobgateway.translation.wire import Headers, Request, Response

HANDED_ON: Final = frozenset({b"x-request-id", b"traceparent", b"tracestate"})
"""All of a caller's headers that reach a backend as they came (besides its secret, re-dressed)."""
TOGETHER: Final = 16
"""How many calls for one caller's request run side by side."""
_BACKENDS_OWN: Final = frozenset(
    {
        Reason.NO_SCOPE,
        Reason.NO_JOB,
        Reason.BAD_ID,
        Reason.NOT_CANCELLABLE,
        Reason.BAD_CREDENTIAL,
        Reason.FORBIDDEN,
        Reason.BAD_PARAMETER,
        Reason.THROTTLED,
    }
)
"""Refusals that are the backend's own answer, once it was asked."""


class Exchange(Struct, frozen=True):
    """A caller's request answered, and what is known of it."""

    response: Response
    dialect: str | None = None
    backend: str | None = None
    operation: Operation | None = None
    caller: str | None = None
    reason: Reason | None = None
    origin: Literal["gateway", "backend"] = "gateway"
    """Who gave the answer."""
    calls: int = 0
    """How many requests were sent to the backend."""


class Gateway:
    """A configuration at work. Its only state is its backends' connections."""

    def __init__(self, config: Config, backends: Mapping[str, Backend], observer: Observer | None = None) -> None:
        """``backends``: made from the same configuration, all of it."""
        known = {backend.dialect.name: backend.dialect for backend in backends.values()}
        spoken = {route.dialect for route in config.routes} - known.keys()
        dialects = known | {name: compile_dialect(config.specs[name]) for name in spoken}
        self.config = config
        self.lanes = lanes_of(config, dialects, backends)
        self.door = Door(config, self.lanes)
        self.budget = Budget(config.limits.calls, config.limits.rows)
        self._backends = backends
        self._observer = observer or Silent()

    async def answer(self, request: Request) -> Exchange:
        """Admit, understand, direct, ask; every way this can end is said in the caller's dialect."""
        admission = self.door.admit(request)
        lane = admission.lane
        if lane is None or admission.refusal is not None:
            return _refused(admission, admission.refusal or Refusal(Reason.NO_PATH))
        call = understand(lane, request)
        if isinstance(call, Refusal):
            return _refused(admission, call)
        directed = lane.scopes.apply(call)
        if isinstance(directed, Refusal):
            return _refused(admission, directed, call)
        outgoing = self.door.outgoing(admission)
        if outgoing is None or isinstance(outgoing, Refusal):
            return _refused(admission, outgoing or Refusal(Reason.NO_CREDENTIAL), call)
        headers = (outgoing.header, *_handed_on(request.headers))
        asking = Asking(lane.backend, headers, self._observer, lent=outgoing.lent, same=lane.same)
        if isinstance(directed, ListJobs) and lane.fusion is not None:
            asking.rows = takes_pages_whole(directed, lane.abilities)
        reply = await self._ask(lane, directed, asking)
        return _said(admission, call, _rewritten(lane, call, reply, asking), asking.calls)

    async def _ask(self, lane: Lane, call: Call, asking: Asking) -> Reply:
        """Carry out the plan before the deadline; past it, whatever is under way is given up."""
        steps = plan(call, lane.abilities, self.budget, shows_cancelled=lane.dialect.shows_cancelled)
        reply: Reply | None = None
        with Deadline(lane.backend.timeout):
            reply = await drive(steps, asking, together=TOGETHER)
        if reply is None:
            return late(cancelling=asking.cancelling, cancelled=asking.cancelled)
        return reply if lane.fill is None else lane.fill.apply(reply)

    def refuse(self, request: Request, refusal: Refusal) -> Exchange:
        """Answer a request that goes no further, in the dialect that its path belongs to."""
        return _refused(Admission(self.door.lane_to_refuse(request)), refusal)

    async def aclose(self) -> None:
        """Close the backends' idle connections."""
        for backend in self._backends.values():
            await backend.transport.aclose()


def understand(lane: Lane, request: Request) -> Call | Refusal:
    """What a request asks for, the route's prefix taken off."""
    inner = lane.inner_path(request.path)
    if inner is not request.path:
        request = msgspec.structs.replace(request, path=inner)
    return lane.dialect.read_call(request)


def _handed_on(headers: Headers) -> Headers:
    return tuple([pair for pair in headers if pair[0] in HANDED_ON])


def _rewritten(lane: Lane, call: Call, reply: Reply, asking: Asking) -> Reply | Response:
    """The caller's answer where its side is fused with the backend's, else the reply as it is."""
    if lane.fusion is None or not (asking.rows and isinstance(reply, Page) and isinstance(call, ListJobs)):
        return reply
    written = lane.fusion.write(call, reply)
    return asking.judge(call, written) if isinstance(written, Refusal) else written


def _refused(admission: Admission, refusal: Refusal, call: Call | None = None) -> Exchange:
    return _said(admission, call, refusal, 0)


def _said(admission: Admission, call: Call | None, reply: Reply | Response, calls: int) -> Exchange:
    """The exchange that ends with a reply, written in the caller's dialect unless it is already."""
    lane = admission.lane
    reason = reply.reason if isinstance(reply, Refusal) else None
    if lane is None:
        return _undirected(reply)
    profile = lane.route.profile
    return Exchange(
        reply if isinstance(reply, Response) else lane.dialect.write_reply(call, reply, profile),
        lane.dialect.name,
        lane.backend.name,
        None if call is None else operation_of(call),
        None if admission.caller is None else admission.caller.name,
        reason,
        "backend" if calls and (reason is None or reason in _BACKENDS_OWN) else "gateway",
        calls,
    )


def _undirected(reply: Reply | Response) -> Exchange:
    """The exchange of a request that belongs to no route."""
    if not isinstance(reply, Refusal):
        raise TypeError("a reply came by no route")
    return Exchange(problem(reply), reason=reply.reason)


def problem(refusal: Refusal) -> Response:
    """The answer where no dialect is known: RFC 9457."""
    status = STATUS_OF[refusal.reason]
    body = {"type": "about:blank", "title": told(refusal.reason, ""), "status": status}
    if refusal.detail:
        body["detail"] = refusal.detail
    return Response(status, msgspec.json.encode(body), "application/problem+json")
