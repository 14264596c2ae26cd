"""Where all wings meet: a caller's request in, the answer in the caller's dialect out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import Struct

from jobgateway.backends.backend import Asking, Backend
from jobgateway.backends.deadline import Deadline, Deadlines
from jobgateway.backends.drive import drive
from jobgateway.backends.faults import late
from jobgateway.backends.session_asking import SessionAsking
from jobgateway.config.model import Config
from jobgateway.observe.observer import Observer, Silent
from jobgateway.routing.admission import Admission, Sender
from jobgateway.routing.door import Door
from jobgateway.routing.lane import Lane, lanes_of
from jobgateway.routing.reception import Reception
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.fusion import Bundled
from jobgateway.translation.hub import Budget, Call, ListJobs, Operation, Page, Reason, Refusal, Reply
from jobgateway.translation.plan import plan
from jobgateway.translation.reasons import STATUS_OF, told
from jobgateway.translation.share import takes_pages_whole
from jobgateway.translation.wire import Header, Request, Response

if TYPE_CHECKING:
    from jobgateway.routing.tokens import Tokens

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
    """A configuration at work. Its only state is its backends' connections and sessions, and open deadlines."""

    def __init__(self, config: Config, backends: Mapping[str, Backend], observer: Observer | None = None) -> None:
        """``backends``: made from the same configuration, all of it."""
        known = {backend.dialect.name: backend.dialect for backend in backends.values()}
        spoken = {route.dialect for route in config.routes} - known.keys()
        dialects = known | {name: compile_dialect(config.specs[name]) for name in spoken}
        self.config = config
        self.budget = Budget(config.limits.calls, config.limits.rows)
        self.lanes = lanes_of(config, dialects, backends, self.budget)
        tokens = _tokens(config)
        self.door = Door(config, self.lanes, tokens)
        self.reception = Reception(config, self.lanes, self.door.lanes_for, tokens)
        self._backends = backends
        self._deadlines = {backend.timeout: Deadlines(backend.timeout) for backend in backends.values()}
        self._observer = observer or Silent()
        self._secure = config.listen.tls is not None or (config.sessions is not None and config.sessions.secure)

    async def answer(self, request: Request, sender: Sender | None = None, *also: Header) -> Exchange:
        """Admit, understand, direct, ask; every way this can end is said in the caller's dialect.

        ``sender`` sent the request, and sends none with other headers; ``also`` is handed on besides them.
        """
        sender = sender or Sender(request.headers)
        admission = self.door.admit(request, sender)
        lane = admission.lane
        if lane is None or admission.refusal is not None:
            return await self._turned_away(request, admission, admission.refusal or Refusal(Reason.NO_PATH))
        call = understand(lane, request)
        if type(call) is Refusal:
            return await self._turned_away(request, admission, call)
        directed = lane.scopes.apply(call)
        if type(directed) is Refusal:
            return _refused(admission, directed, call)
        outgoing = self.door.outgoing(admission)
        if outgoing is None or type(outgoing) is Refusal:
            return _refused(admission, outgoing or Refusal(Reason.NO_CREDENTIAL), call)
        asking: Asking | SessionAsking
        if outgoing.header is not None:
            headers = (outgoing.header, *sender.handed_on, *also)
            asking = Asking(lane.backend, headers, self._observer, lent=outgoing.lent, same=lane.same)
        else:
            asking = SessionAsking(lane.backend, (*sender.handed_on, *also), self._observer, same=lane.same)
        if lane.fusion is not None and type(directed) is ListJobs and takes_pages_whole(directed, lane.abilities):
            asking.fusion = lane.fusion
        reply = await self._ask(lane, directed, asking)
        return _said(admission, call, _finished(lane, call, reply, asking), asking.calls)

    async def _turned_away(self, request: Request, admission: Admission, refusal: Refusal) -> Exchange:
        """A request that is no call may still be a login; looked for only here, logins cost calls nothing."""
        visit = self.reception.visit(request)
        if visit is None:
            return _refused(admission, refusal)
        answer = await visit.outcome()
        said = answer if isinstance(answer, Refusal) else visit.logins.write_answer(answer, secure=self._secure)
        return _said(Admission(visit.lane, visit.caller), None, said, 0)

    async def _ask(self, lane: Lane, call: Call, asking: Asking | SessionAsking) -> Reply:
        """Carry out the plan before the deadline; past it, whatever is under way is given up."""
        reply: Reply | None = None
        with Deadline(self._deadlines[lane.backend.timeout]):
            told: Reply | None = None
            single = lane.single(call)
            if single is not None:
                told = await asking(single.call)
                if single.returns(told):
                    return told
            keep = list if asking.fusion is None else Bundled
            steps = plan(call, lane.abilities, self.budget, shows_cancelled=lane.shows_cancelled, keep=keep)
            reply = await drive(steps, asking, together=TOGETHER, told=told)
        return late(cancelling=asking.cancelling, cancelled=asking.cancelled) if reply is None else reply

    def refuse(self, request: Request, refusal: Refusal) -> Exchange:
        """Answer a request that goes no further, in the dialect that its path belongs to."""
        return _refused(Admission(self.door.lane_to_refuse(request)), refusal)

    async def aclose(self) -> None:
        """Close the backends' idle connections."""
        for backend in self._backends.values():
            if backend.session is not None:
                await backend.session.aclose()
            await backend.transport.aclose()


def _tokens(config: Config) -> Tokens | None:
    if config.sessions is None:
        return None
    from jobgateway.routing.tokens import tokens_of  # noqa: PLC0415, its libraries are slow to load, and seldom needed

    return tokens_of(config)


def understand(lane: Lane, request: Request) -> Call | Refusal:
    """What a request asks for, the route's prefix taken off."""
    if lane.route.prefix:
        request = msgspec.structs.replace(request, path=lane.inner_path(request.path))
    return lane.dialect.read_call(request)


def _finished(lane: Lane, call: Call, reply: Reply, asking: Asking | SessionAsking) -> Reply | Response:
    """The reply filled up as the route says; or the caller's answer, where its side is fused with the backend's."""
    if lane.fill is not None:
        return lane.fill.apply(reply)
    fusion = asking.fusion
    if fusion is None or type(reply) is not Page or type(call) is not ListJobs:
        return reply
    return fusion.write(call, reply)


def _refused(admission: Admission, refusal: Refusal, call: Call | None = None) -> Exchange:
    return _said(admission, call, refusal, 0)


def _said(admission: Admission, call: Call | None, reply: Reply | Response, calls: int) -> Exchange:
    """The exchange that ends with a reply, written in the caller's dialect unless it is already."""
    lane, caller = admission.lane, admission.caller
    if lane is None:
        return _undirected(reply)
    route = lane.route
    reason = reply.reason if type(reply) is Refusal else None
    return Exchange(
        reply if type(reply) is Response else lane.dialect.write_reply(call, reply, route.profile),
        route.dialect,
        route.backend,
        None if call is None else call.operation,
        None if caller is None else caller.name,
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
