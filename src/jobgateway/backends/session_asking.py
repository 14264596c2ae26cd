"""What one caller's call asks of a backend where the gateway has a session."""

from __future__ import annotations

from typing import Final

from jobgateway.backends.backend import Asking, Backend
from jobgateway.backends.blame import blame
from jobgateway.backends.session import Token
from jobgateway.observe.observer import Observer
from jobgateway.translation.fusion import Fusion
from jobgateway.translation.hub import Call, Reason, Refusal, Reply
from jobgateway.translation.wire import Headers

_LOST: Final = Reason.BAD_CREDENTIAL
"""What an ended session is read as, by the forms of the backend's spec."""


class SessionAsking:
    """Asks as ``Asking`` does, each time with the token of that moment; the wait for a login is a wait for the backend.

    Each question is an ``Asking`` of its own whose credential is taken for the caller's: so a refusal of the token
    comes back as it was said, and only here becomes the gateway's fault.
    """

    def __init__(self, backend: Backend, handed_on: Headers, observer: Observer, *, same: bool) -> None:
        """Raises ``ValueError`` of a backend where the gateway has no session."""
        if backend.session is None:
            raise ValueError("a backend without a session")
        self._backend = backend
        self._session = backend.session
        self._handed_on = handed_on
        self._observer = observer
        self._same = same
        self._askings: list[Asking] = []
        self.fusion: Fusion | None = None
        """As in ``Asking``."""

    @property
    def calls(self) -> int:
        """How many requests were sent, logins left out."""
        return sum(asking.calls for asking in self._askings)

    @property
    def cancelling(self) -> bool:
        """Whether a cancel is out whose answer has not come; not while a login is waited for."""
        return any(asking.cancelling for asking in self._askings)

    @property
    def cancelled(self) -> bool:
        """Whether the backend said that it cancelled the job."""
        return any(asking.cancelled for asking in self._askings)

    async def __call__(self, call: Call) -> Reply:
        """Ask; once more where the backend refused the token and another could be had.

        Repeating is safe, for a cancel too: a server that answers so has not looked at what was asked. It judges the
        session in what stands before all handlers (nebula-studio, ``server/api/studio/pkg/auth/authorize.go``).
        """
        token = await self._session.token()
        if isinstance(token, Refusal):
            return token
        reply = await self._ask(call, token)
        if isinstance(reply, Refusal) and reply.reason is _LOST:
            another = await self._session.instead_of(token)
            if isinstance(another, Refusal):
                return another
            if another is not None:
                reply = await self._ask(call, another)
        return self._blamed(reply) if isinstance(reply, Refusal) else reply

    async def _ask(self, call: Call, token: Token) -> Reply:
        headers = (token.header, *self._handed_on)
        asking = Asking(self._backend, headers, self._observer, lent=False, same=self._same)
        asking.fusion = self.fusion
        self._askings.append(asking)
        return await asking(call)

    def _blamed(self, refusal: Refusal) -> Refusal:
        return blame(refusal, lent=True, same=self._same)
