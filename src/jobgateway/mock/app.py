"""A store behind HTTP: the backend's role, played with the caller's half of the same dialect."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import anyio

from jobgateway.asgi import App, Receive, Scope, Send, read_body, request_of, send_response
from jobgateway.mock.faults import NO_FAULTS, Faults
from jobgateway.mock.sessions import Sessions
from jobgateway.translation.hub import Call, Reason, Refusal, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobgateway.mock.store import Store
    from jobgateway.translation.dialect import Dialect
    from jobgateway.translation.wire import Request, Response

LARGEST_BODY: Final = 64 * 1024
_UNROUTED: Final = frozenset({Reason.NO_PATH, Reason.NO_METHOD})


def mock_app(
    dialect: Dialect,
    store: Store,
    *,
    profile: str,
    key: str | Sessions | None = None,
    faults: Faults = NO_FAULTS,
    seen: Callable[[Request], None] | None = None,
) -> App:
    """An ASGI application that answers from ``store`` in ``dialect``, as ``profile`` writes it.

    Without a ``key`` every secret that the dialect can carry is taken; with sessions, their key and their tokens.
    ``seen`` is told of every request before it is answered. Raises ``ValueError`` of a key that no request can carry.
    """
    backend = _Backend(dialect, store, _sessions(dialect, key), faults, profile)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        try:
            body = await read_body(scope, receive, LARGEST_BODY)
        except ConnectionResetError:
            return  # nobody is left to answer
        request = request_of(scope, body or b"")
        if seen is not None:
            seen(request)
        if faults.latency:
            await anyio.sleep(faults.latency)
        await send_response(send, backend.respond(request, too_large=body is None))

    return app


def _sessions(dialect: Dialect, key: str | Sessions | None) -> Sessions:
    sessions = key if isinstance(key, Sessions) else Sessions(dialect.logins, key)
    if sessions.key is not None and dialect.write_secret(sessions.key) is None:
        raise ValueError(f"no request in {dialect.name} can carry this key")
    return sessions


class _Backend:
    """Judges a request in the order of real servers: its path, its credential, its words, then the job."""

    def __init__(self, dialect: Dialect, store: Store, sessions: Sessions, faults: Faults, profile: str) -> None:
        self._dialect = dialect
        self._store = store
        self._sessions = sessions
        self._profile = profile
        self._fail = faults.fail
        self._chance = random.Random(faults.seed)  # noqa: S311, must repeat, guards nothing

    def respond(self, request: Request, *, too_large: bool) -> Response:
        """The answer to a call, or to a login."""
        logins = self._dialect.logins
        call: Call | None = None
        reply: Reply
        if too_large:
            reply = Refusal(Reason.TOO_LARGE)
        elif logins is not None and logins.is_at(request.path):
            answer = self._sessions.answer(request, logins)
            if not isinstance(answer, Refusal):
                return logins.write_answer(answer, secure=False)
            reply = answer
        else:
            call, reply = self._answer(request)
        return self._dialect.write_reply(call, reply, self._profile)

    def _answer(self, request: Request) -> tuple[Call | None, Reply]:
        """The call, where the request is one, and what to say to it."""
        call = self._dialect.read_call(request)
        if isinstance(call, Refusal):
            return None, call if call.reason in _UNROUTED else self._stranger(request) or call
        refusal = self._stranger(request)
        if refusal is None and self._chance.random() < self._fail:
            refusal = Refusal(Reason.INTERNAL)
        return call, refusal or self._store.answer(call)

    def _stranger(self, request: Request) -> Refusal | None:
        secret = self._dialect.read_secret(request)
        if isinstance(secret, Refusal):
            return secret
        return None if self._sessions.takes(secret) else Refusal(Reason.BAD_CREDENTIAL)


async def _live(receive: Receive, send: Send) -> None:
    """Say yes to the server's start and stop: there is nothing to open or close."""
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
