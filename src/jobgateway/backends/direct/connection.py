"""One connection to a backend: one request at a time, and then its answer."""

from __future__ import annotations

import asyncio
from typing import cast

from jobgateway.backends.direct.answer import Answer
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Response


class Connection(asyncio.Protocol):
    """Carries exchanges one after another; whatever comes between them ends it."""

    __slots__ = ("_answer", "_closed", "_transport", "_waiter", "exchanges", "idle_since")

    def __init__(self, largest_body: int) -> None:
        """``largest_body``: in bytes."""
        self._answer = Answer(largest_body)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._closed = False
        self.exchanges = 0
        """How many requests it has carried."""
        self.idle_since = 0.0
        """When its last answer ended, on the loop's clock."""

    @property
    def usable(self) -> bool:
        """Whether it may carry another request."""
        return not self._closed

    @property
    def answered(self) -> bool:
        """Whether a byte of an answer has come to the request under way."""
        return self._answer.begun

    async def exchange(self, message: bytes) -> Response:
        """Send a request and wait for its whole answer; being cancelled ends the connection.

        Raises ``TransportError``.
        """
        if self._transport is None or self._closed:
            raise TransportError(Fault.BROKEN, "the connection broke")
        self._answer.reset()
        self.exchanges += 1
        waiter: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        self._transport.write(message)
        try:
            return await waiter
        finally:
            self._waiter = None
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # seen, also by those who were cancelled in the same moment
            if not self._answer.done:
                self.abort()

    def abort(self) -> None:
        """End it now."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that answer nothing end the connection unread."""
        waiter, answer = self._waiter, self._answer
        if waiter is None or answer.done:
            self.abort()
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
        waiter = self._waiter
        self._closed = True
        if waiter is not None and not self._answer.done and self._answer.end():
            self._finish()

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing more will come."""
        self._closed = True
        if self._waiter is not None and not self._answer.done:
            if error is None and self._answer.end():
                self._finish()
            else:
                self._fail(TransportError(Fault.BROKEN, "the backend broke off before the end of its answer"))

    def _finish(self) -> None:
        if self._answer.excess or not self._answer.keeps:
            self.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(self._answer.response())

    def _fail(self, error: TransportError) -> None:
        self.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
