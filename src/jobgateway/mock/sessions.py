"""The sessions that a mock backend has given tokens for."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import TYPE_CHECKING

from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.logins import Issued

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobgateway.translation.logins import Logins
    from jobgateway.translation.wire import Request


class Sessions:
    """What a mock takes as a credential: its key, and the tokens that it gave to who knew the key as a password."""

    def __init__(
        self,
        logins: Logins | None,
        key: str | None = None,
        *,
        lifetime: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without a ``key`` all is taken. ``lifetime`` of tokens, else the dialect's, and ``clock`` in seconds."""
        self.key = key
        self._lifetime = (logins.words.lifetime if logins is not None else 0) if lifetime is None else lifetime
        self._clock = clock
        self._ends: dict[str, float] = {}

    @property
    def opened(self) -> int:
        """How many tokens it has given."""
        return len(self._ends)

    def answer(self, request: Request, logins: Logins) -> Issued | Refusal:
        """What to say to a login."""
        account = logins.read(request)
        if isinstance(account, Refusal):
            return account
        if account.address is None:
            return Refusal(Reason.BAD_PARAMETER, "address and port of the database are needed")
        if self.key is not None and not _same(account.password, self.key):
            return Refusal(Reason.BAD_CREDENTIAL)
        token = secrets.token_urlsafe()
        self._ends[token] = self._clock() + self._lifetime
        return Issued(token, self._lifetime)

    def takes(self, secret: str) -> bool:
        """Whether a secret is the key, or the token of a session that has not ended."""
        return self.key is None or _same(secret, self.key) or self._clock() < self._ends.get(secret, float("-inf"))

    def end(self) -> None:
        """End all sessions, as a restart does: their tokens are good for nothing from now on."""
        self._ends = dict.fromkeys(self._ends, float("-inf"))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
