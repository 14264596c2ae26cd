"""Logging in at a backend: one exchange, over connections of its own."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from jobgateway.backends.deadline import Deadline, Deadlines
from jobgateway.backends.transport import Fault, Transport, TransportError
from jobgateway.translation.accounts import Account
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.logins import Issued, Logins
from jobgateway.translation.reasons import REASON_OF
from jobgateway.translation.refusals import retry_after
from jobgateway.translation.wire import Headers, Request, Response

_LATE: Final = Refusal(Reason.BACKEND_LATE, "the backend did not answer a login in time")
_UNSAYABLE: Final = Refusal(Reason.BAD_CREDENTIAL)
_UNWELL: Final = frozenset({Reason.THROTTLED, Reason.BACKEND_FAILED, Reason.BACKEND_UNAVAILABLE, Reason.BACKEND_LATE})
"""What says nothing about the account, by the status of the answer alone."""
PASSED_ON: Final = frozenset({b"retry-after", b"set-cookie"})
"""The headers of an answer that a login is read from."""


class Entry(Struct, frozen=True):
    """Where a backend gives a token for an account."""

    logins: Logins
    transport: Transport
    """Hands on Set-Cookie, which the backend's own transport never does; keeps no connection."""
    timeout: float
    """Seconds for one login."""

    async def log_in(self, account: Account, handed_on: Headers = ()) -> Issued | Refusal:
        """The token, or why there is none; ``BAD_CREDENTIAL`` where the backend does not take the account."""
        request = self.logins.write(account)
        if request is None:
            return _UNSAYABLE
        request = Request(request.method, request.path, "", (*request.headers, *handed_on), request.body)
        answer: Issued | Refusal | None = None
        with Deadline(Deadlines(self.timeout)):
            try:
                answer = self._read(await self.transport.send(request))
            except TransportError as error:
                answer = _refusal_of(error)
        return answer or _LATE

    def _read(self, response: Response) -> Issued | Refusal:
        reason = REASON_OF.get(response.status, Reason.BACKEND_FAILED)
        if response.status >= 500 or reason is Reason.THROTTLED:  # noqa: PLR2004, the class of server errors
            reason = reason if reason in _UNWELL else Reason.BACKEND_FAILED
            text = f"the backend answered a login with status {response.status}"
            return Refusal(reason, text, retry_after=retry_after(response))
        return self.logins.read_answer(response)


def _refusal_of(error: TransportError) -> Refusal:
    unreachable = error.fault in (Fault.UNREACHABLE, Fault.BUSY)
    reason = Reason.BACKEND_UNAVAILABLE if unreachable else Reason.BACKEND_FAILED
    return Refusal(reason, f"the backend gave no answer to a login: {error}")
