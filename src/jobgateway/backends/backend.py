"""One backend: its dialect, its transport, and the questions that a caller's call puts to it."""

from __future__ import annotations

from http import HTTPStatus
from time import perf_counter
from typing import Final

from msgspec import Struct

from jobgateway.backends.blame import blame, meant
from jobgateway.backends.entry import Entry
from jobgateway.backends.faults import refusal_of, unsure
from jobgateway.backends.masking import masked
from jobgateway.backends.session import Session
from jobgateway.backends.transport import Transport, TransportError
from jobgateway.observe.observer import Observer
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.fusion import Fusion
from jobgateway.translation.hub import Call, CancelJob, ListJobs, Refusal, Reply
from jobgateway.translation.wire import Headers, Request, Response

OK: Final = "ok"


class Backend(Struct, frozen=True):
    """A backend that can be asked."""

    name: str
    dialect: Dialect
    transport: Transport
    timeout: float
    """Seconds for one caller's request, over all that is asked for it."""
    lent: tuple[bytes, bytes] | None
    """The header that presents the gateway's own credential, where it has one."""
    session: Session | None = None
    """Where the gateway's own credential is a token that it logs in for."""
    entry: Entry | None = None
    """Where callers' accounts are exchanged for tokens, if this backend judges its callers itself."""

    @property
    def lends(self) -> bool:
        """Whether callers reach it with the gateway's credential instead of their own."""
        return self.lent is not None or self.session is not None


class Asking:
    """What one caller's call asks of a backend; lives as long as that call."""

    __slots__ = ("_backend", "_headers", "_lent", "_observer", "_same", "calls", "cancelled", "cancelling", "fusion")

    def __init__(self, backend: Backend, headers: Headers, observer: Observer, *, lent: bool, same: bool) -> None:
        """``headers``: the credential first, then what is handed on of the caller's own."""
        self._backend = backend
        self._headers = headers
        self._observer = observer
        self._lent = lent
        self._same = same
        self.fusion: Fusion | None = None
        """What reads lists instead of the backend's dialect, where the caller's is fused with it."""
        self.calls = 0
        """How many requests were sent."""
        self.cancelling = False
        """Whether a cancel is out whose answer has not come."""
        self.cancelled = False
        """Whether the backend said that it cancelled the job."""

    async def __call__(self, call: Call) -> Reply:
        """Ask; every way that asking can fail is a refusal."""
        backend = self._backend
        asked = backend.dialect.write_call(call)
        request = Request(asked.method, asked.path, asked.query, (*asked.headers, *self._headers), asked.body)
        self.calls += 1
        self.cancelling = cancels = type(call) is CancelJob
        started = perf_counter()
        try:
            reply = self._read(call, await backend.transport.send(request))
        except TransportError as error:
            reply = refusal_of(error, call)
        self.cancelling = False
        taken = perf_counter() - started
        if type(reply) is Refusal:
            self._observer.backend_call(backend.name, call.operation, reply.reason, taken)
            return self._judge(call, reply)
        self._observer.backend_call(backend.name, call.operation, OK, taken)
        self.cancelled = cancels
        return reply

    def _read(self, call: Call, response: Response) -> Reply:
        if self.fusion is not None and type(call) is ListJobs:
            return self.fusion.read(call, response)
        reply = self._backend.dialect.read_reply(call, response, keep_source=self._same)
        if type(reply) is Refusal and type(call) is CancelJob and response.status == HTTPStatus.OK:
            return unsure(reply)
        return reply

    def _judge(self, call: Call, refusal: Refusal) -> Refusal:
        """What the caller is told of a refusal that came of the backend's answer."""
        refusal = blame(meant(refusal, call), lent=self._lent, same=self._same)
        return masked(refusal, self._backend.dialect.credentials.secret_in(self._headers[0][1]))
