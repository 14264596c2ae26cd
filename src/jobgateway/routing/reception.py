"""Callers who log in: whose account it is, and which token it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobgateway.backends.entry import Entry
from jobgateway.config.model import Caller, Config
from jobgateway.routing.accounts import Accounts, username_of
from jobgateway.routing.guesses import Guesses
from jobgateway.routing.holder import Holder
from jobgateway.routing.lane import Lane
from jobgateway.translation.accounts import Account
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.logins import Issued, Logins
from jobgateway.translation.wire import Request

if TYPE_CHECKING:
    from jobgateway.routing.tokens import Tokens

_NO_KEY = Refusal(Reason.UNSUPPORTED, "sessions.key is not given, so nobody can log in here")
_TOO_LONG = Refusal(Reason.BAD_CREDENTIAL)


class Forward(Struct, frozen=True):
    """A login that the backend is to answer."""

    backend: str
    entry: Entry
    account: Account
    guesses: Guesses

    async def outcome(self) -> Issued | Refusal:
        """What the backend says. A try counts as failed until it has not: else many at once would be free."""
        name = f"{self.account.username} at {self.backend}"
        wait = self.guesses.wait(name)
        if wait:
            return _too_many(wait)
        self.guesses.fail(name)
        said = await self.entry.log_in(self.account)
        if isinstance(said, Issued) or said.reason is not Reason.BAD_CREDENTIAL:
            self.guesses.pardon(name)
        return said


class Visit(Struct, frozen=True):
    """A login: the route that it belongs to, who it turned out to be, and what is answered."""

    lane: Lane
    logins: Logins
    """Those of the caller's dialect."""
    answer: Issued | Refusal | Forward
    caller: Caller | None = None

    async def outcome(self) -> Issued | Refusal:
        """What is answered, once the backend has been asked where it is to answer."""
        answer = self.answer
        return await answer.outcome() if isinstance(answer, Forward) else answer


class Reception:
    """Answers logins; every other request is none of its business. It changes only in what it counts of failed ones."""

    def __init__(
        self,
        config: Config,
        lanes: Iterable[Lane],
        find: Callable[[Request], Sequence[Lane]],
        tokens: Tokens | None,
        guesses: Guesses | None = None,
    ) -> None:
        """``find`` gives the routes that a request's host and path belong to."""
        self._find = find
        self._tokens = tokens
        self._guesses = guesses or Guesses()
        self._accounts = None if config.callers is None else Accounts(config.callers.values())
        self._carries = any(lane.dialect.logins is not None and not lane.backend.lends for lane in lanes)

    def visit(self, request: Request) -> Visit | None:
        """What becomes of a login; ``None`` where the request is none. No backend is asked here."""
        lanes = [lane for lane in self._find(request) if _is_at(lane, request.path)]
        logins = lanes[0].dialect.logins if lanes else None
        if logins is None:
            return None
        account = logins.read(request)
        if isinstance(account, Refusal):
            return Visit(lanes[0], logins, account)
        wait, found = self._find_known(account)
        if found is not None:
            return self._known(lanes, logins, account, found)
        lane = next((lane for lane in lanes if self._takes_strangers(lane)), None)
        if lane is not None:
            return Visit(lane, logins, self._stranger(lane, logins, account))
        if self._tokens is None:
            return Visit(lanes[0], logins, _NO_KEY)
        return Visit(lanes[0], logins, _too_many(wait) if wait else Refusal(Reason.BAD_CREDENTIAL))

    def _find_known(self, account: Account) -> tuple[int, tuple[Caller, bytes] | None]:
        """Whose account it is; or how many seconds nobody looks, not even whether the password is right."""
        if self._accounts is None:
            return 0, None
        wait = self._guesses.wait(account.username)
        if wait:
            return wait, None
        found = self._accounts.find(account.username, account.password)
        if found is None:
            self._guesses.fail(account.username)
        return 0, found

    def _takes_strangers(self, lane: Lane) -> bool:
        return not lane.route.callers and (self._accounts is None or lane.route.open)

    def _known(self, lanes: Sequence[Lane], logins: Logins, account: Account, found: tuple[Caller, bytes]) -> Visit:
        """A known caller's token names it. The password is sealed in it only where some backend is to be shown it."""
        caller, digest = found
        lane = next((lane for lane in lanes if not lane.route.callers or caller.name in lane.route.callers), None)
        if lane is None:
            return Visit(lanes[0], logins, Refusal(Reason.FORBIDDEN), caller)
        holder = Holder(caller.name, secret=account.password if self._carries else None)
        return Visit(lane, logins, self._token(holder, logins, (username_of(caller), digest)), caller)

    def _stranger(self, lane: Lane, logins: Logins, account: Account) -> Issued | Refusal | Forward:
        """Where the backend judges its callers: its own token, or one in which the password, its key, is sealed."""
        backend = lane.backend
        if backend.entry is not None:
            return self._forwarded(backend.name, backend.entry, account)
        if backend.lends:
            return self._token(Holder(backend=backend.name), logins)
        if backend.dialect.write_secret(account.password) is None:
            return Refusal(Reason.BAD_CREDENTIAL)
        return self._token(Holder(backend=backend.name, secret=account.password), logins)

    def _forwarded(self, backend: str, entry: Entry, account: Account) -> Forward | Refusal:
        """The account goes out as it was said, where the backend's dialect can say it so."""
        if account.address is None:
            return Refusal(Reason.BAD_PARAMETER, "a login says address and port in its body")
        if account.encoding not in entry.logins.encodings:
            account = replace(account, encoding=entry.logins.encodings[0])
        return Forward(backend, entry, account, self._guesses)

    def _token(self, holder: Holder, logins: Logins, account: tuple[str, bytes] = ("", b"")) -> Issued | Refusal:
        if self._tokens is None:
            return _NO_KEY
        token = self._tokens.make(holder, logins.words.lifetime, account)
        return _TOO_LONG if token is None else Issued(token, logins.words.lifetime)


def _is_at(lane: Lane, path: str) -> bool:
    return lane.dialect.logins is not None and lane.dialect.logins.is_at(lane.inner_path(path))


def _too_many(wait: int) -> Refusal:
    return Refusal(Reason.THROTTLED, "too many logins with this name have failed", retry_after=wait)
