"""A store behind HTTP: the backend's role, played with the caller's half of the same dialect."""

from __future__ import annotations

import hmac
import random
from typing import TYPE_CHECKING, Final

import anyio

from jobgateway.asgi import App, Receive, Scope, Send, read_body, request_of, send_response
from jobgateway.mock.faults import NO_FAULTS, Faults
from jobgateway.translation.hub import Call, Reason, Refusal, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobgateway.mock.store import Store
    from jobgateway.translation.dialect import Dialect
    from jobgateway.translation.wire import Request

LARGEST_BODY: Final = 64 * 1024
_UNROUTED: Final = frozenset({Reason.NO_PATH, Reason.NO_METHOD})


def mock_app(
    dialect: Dialect,
    store: Store,
    *,
    profile: str,
    key: str | None = None,
    faults: Faults = NO_FAULTS,
    seen: Callable[[Request], None] | None = None,
) -> App:
    """An ASGI application that answers from ``store`` in ``dialect``, as ``profile`` writes it.

    Without a ``key`` every secret that the dialect can carry is taken. ``seen`` is told of every
    request before it is answered. Raises ``ValueError`` where the dialect cannot carry the key.
    """
    if key is not None and dialect.write_secret(key) is None:
        raise ValueError(f"no request in {dialect.name} can carry this key")
    backend = _Backend(dialect, store, key, faults)

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
        call, reply = (None, Refusal(Reason.TOO_LARGE)) if body is None else backend.answer(request)
        await send_response(send, dialect.write_reply(call, reply, profile))

    return app


class _Backend:
    """Judges a request in the order of real servers: its path, its credential, its words, then the job."""

    def __init__(self, dialect: Dialect, store: Store, key: str | None, faults: Faults) -> None:
        self._dialect = dialect
        self._store = store
        self._key = None if key is None else key.encode()
        self._fail = faults.fail
        self._chance = random.Random(faults.seed)  # noqa: S311, must repeat, guards nothing

    def answer(self, request: Request) -> tuple[Call | None, Reply]:
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
        if self._key is None or hmac.compare_digest(secret.encode(), self._key):
            return None
        return Refusal(Reason.BAD_CREDENTIAL)


async def _live(receive: Receive, send: Send) -> None:
    """Say yes to the server's start and stop: there is nothing to open or close."""
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
