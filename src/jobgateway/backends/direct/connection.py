"""One connection to a backend: one request at a time, and then its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized
from typing import cast

from jobgateway.backends.direct.answer import Answer
from jobgateway.backends.direct.manners import Manners
from jobgateway.backends.direct.silence import unread_of
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.outbox import Outbox
from jobgateway.translation.wire import Response


class Connection(asyncio.Protocol):
    """Carries exchanges one after another; whatever comes between them ends it."""

    __slots__ = (
        "_answer", "_closed", "_loop", "_manners", "_outbox", "_sent", "_transport", "_unread", "_waiter",
        "exchanges", "idle_since",
    )  # fmt: skip

    def __init__(self, largest_body: int, manners: Manners, outbox: Outbox) -> None:
        """``largest_body``: in bytes. ``manners``: is told of what comes unasked. ``outbox``: sends requests."""
        self._answer = Answer(largest_body)
        self._manners = manners
        self._outbox = outbox
        self._transport: asyncio.Transport | None = None
        self._unread: Callable[[], Sized] = tuple
        self._waiter: asyncio.Future[Response] | None = None
        self._closed = False
        self._sent = False
        """Whether the request under way has left; what comes before is no answer to it."""
        self.exchanges = 0
        """How many requests it has carried."""
        self.idle_since = 0.0
        """When its last answer ended, by ``time.monotonic``."""

    @property
    def usable(self) -> bool:
        """Whether it may carry another request, for all that the event loop knows."""
        return not self._closed

    @property
    def silent(self) -> bool:
        """Whether it may carry another request, and nothing has come that the event loop has not read yet.

        What came unasked would be taken for the answer to the next request; what came may also be the end.
        """
        return not (self._closed or self._unread())

    @property
    def answered(self) -> bool:
        """Whether a byte of an answer has come to the request under way."""
        return self._answer.begun

    async def exchange(self, message: bytes) -> Response:
        """Send a request and wait for its whole answer; being cancelled ends the connection.

        Raises ``TransportError``.
        """
        answer, transport = self._answer, self._transport
        answer.reset()
        if transport is None or self._closed or transport.is_closing():
            raise TransportError(Fault.UNREACHABLE, "the backend closed the connection before it was asked")
        self.exchanges += 1
        waiter: asyncio.Future[Response] = self._loop.create_future()
        self._waiter = waiter
        self._sent = False
        try:
            self._outbox.put(self, message, self._loop)
            return await waiter
        finally:
            self._waiter = None
            if not answer.done:
                self.abort()

    def send(self, message: bytes) -> None:
        """Send the request under way, unless it was given up."""
        if self._transport is not None and not self._transport.is_closing():
            self._sent = True
            self._transport.write(message)

    def abort(self) -> None:
        """End it now."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()
        self._unread = unread_of(transport)

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that answer nothing end the connection unread."""
        answer = self._answer
        if self._waiter is None or answer.done or not self._sent:
            self._offend()
            return
        try:
            done = answer.feed(data)
        except TransportError as error:
            self._fail(error)
        else:
            if done:
                self._finish()

    def eof_received(self) -> None:
        """The backend has closed its side: that may be the end of an answer."""
        self._closed = True
        if self._waiter is not None and not self._answer.done and self._answer.end():
            self._finish()

    def connection_lost(self, _error: Exception | None) -> None:
        """Nothing more will come."""
        self._closed = True
        if self._waiter is not None and not self._answer.done:
            self._fail(TransportError(Fault.BROKEN, "the backend broke off before the end of its answer"))

    def _finish(self) -> None:
        if self._answer.excess:
            self._offend()
        elif not self._answer.keeps:
            self.abort()
        response = self._answer.take()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(response)

    def _offend(self) -> None:
        self._manners.offend()
        self.abort()

    def _fail(self, error: TransportError) -> None:
        self.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
