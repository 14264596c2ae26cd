"""The gateway's session at a backend: one token for all requests, got when it is needed, renewed before it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from jobgateway.backends.entry import Entry
from jobgateway.observe.families import OK
from jobgateway.observe.observer import Observer
from jobgateway.translation.accounts import Account
from jobgateway.translation.credentials import Credentials
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.logins import Issued

AHEAD: Final = 0.1
"""The share of its lifetime that is left of a token when the next is asked for."""
FIRST_PAUSE: Final = 1.0
"""Seconds without a login after one that failed; they double with each further failure."""
LONGEST_PAUSE: Final = 60.0
LONGEST_UNWELL: Final = 4.0
"""The most such seconds where the backend did not judge the account: it may be back any moment."""
LONGEST_WAIT: Final = 600.0
"""The most such seconds that a backend can ask for: a wrong Retry-After must not shut callers out for a day."""
CALM: Final = 30.0
"""Seconds after a token was refused and replaced in which another refusal replaces none."""

_REFUSED: Final = Refusal(Reason.BACKEND_FAILED, "the backend refused the gateway's login")


class Token(Struct, frozen=True, eq=False):
    """What a login gave, as the header that presents it; the instants are those of the session's clock."""

    header: tuple[bytes, bytes]
    renewed_at: float
    """When the next is asked for."""
    ends_at: float

    def __repr__(self) -> str:
        return f"Token(ends_at={self.ends_at})"


class Session:
    """Gives every request the same token. However many wait, one login is under way at a time."""

    def __init__(
        self,
        name: str,
        entry: Entry,
        account: Account,
        credentials: Credentials,
        observer: Observer,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``name``: the backend's. ``credentials``: where its dialect carries a token. ``clock``: in seconds."""
        self._name = name
        self._entry = entry
        self._account = account
        self._credentials = credentials
        self._observer = observer
        self._clock = clock
        self._token: Token | None = None
        self._login: asyncio.Task[Token | Refusal] | None = None
        self._failure = _REFUSED
        self._failures = 0
        self._barred_until = self._calm_until = float("-inf")

    async def token(self) -> Token | Refusal:
        """The token to present now, or why there is none. One that ends soon is given while the next is got."""
        token = self._token
        if token is not None:
            now = self._clock()
            if now < token.renewed_at:
                return token
            if now < token.ends_at:
                if now >= self._barred_until:
                    self._begin()
                return token
            self._token = None
        return await self._wait()

    async def instead_of(self, refused: Token) -> Token | Refusal | None:
        """What to present once more, now that the backend has refused a token; ``None``: nothing better will come.

        A token that another request has replaced by now is no reason for a login. Nor is one that is refused soon
        after another was: then it is not the token that is wrong, and logging in at every request would fill the
        backend with sessions.
        """
        if self._token is not refused:
            return await self.token()
        now = self._clock()
        if now < self._calm_until:
            return None
        self._calm_until = now + CALM
        self._token = None
        self._observer.session_lost(self._name)
        return await self._wait()

    async def aclose(self) -> None:
        """Give up the login that is under way."""
        if self._login is not None:
            self._login.cancel()
            await asyncio.wait({self._login})
        self._observer.session_closed(self._name)
        await self._entry.transport.aclose()

    async def _wait(self) -> Token | Refusal:
        """The outcome of the login under way, else of a new one; the last failure's while that is fresh."""
        if self._login is None and self._clock() < self._barred_until:
            return self._failure
        return await asyncio.shield(self._begin())  # whoever stops waiting does not stop it for the others

    def _begin(self) -> asyncio.Task[Token | Refusal]:
        if self._login is None:
            self._login = asyncio.get_running_loop().create_task(self._log_in())
            self._login.add_done_callback(self._end)
        return self._login

    def _end(self, _login: asyncio.Task[Token | Refusal]) -> None:
        self._login = None

    async def _log_in(self) -> Token | Refusal:
        began = self._clock()
        answer = await self._entry.log_in(self._account)
        token = self._made(answer, began) if isinstance(answer, Issued) else answer
        if isinstance(token, Refusal):
            self._failed(token)
            return self._failure
        self._token = token
        self._failures = 0
        self._observer.logged_in(self._name, OK)
        return token

    def _made(self, issued: Issued, began: float) -> Token | Refusal:
        header = self._credentials.write_secret(issued.secret)
        if header is None:
            return Refusal(Reason.BACKEND_FAILED, "the backend's token is too long")
        return Token(header, began + issued.lifetime * (1 - AHEAD), began + issued.lifetime)

    def _failed(self, refusal: Refusal) -> None:
        """Remember a failure, so that requests are told of it for a while instead of logging in again."""
        judged = refusal.reason is Reason.BAD_CREDENTIAL
        self._failure = _REFUSED if judged else refusal
        pause = min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE if judged else LONGEST_UNWELL)
        self._failures = min(self._failures + 1, 10)
        self._barred_until = self._clock() + max(pause, min(refusal.retry_after or 0.0, LONGEST_WAIT))
        self._observer.logged_in(self._name, refusal.reason)
