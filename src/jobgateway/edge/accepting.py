"""Accepting from a socket that sibling processes accept from, too.

All of them wake for a new connection, and left alone the first to wake would take a whole burst. So
whoever is ahead steps back for a moment; if nobody comes, they are busy, and it goes on by itself.
"""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

    from jobgateway.edge.standing import Standing

AHEAD: Final = 2
"""How many more connections than a sibling a worker may have before it lets the sibling go first."""
SHARE: Final = 0.25
"""... but at least this share of its own."""
STEP_BACK: Final = 0.002
"""Seconds between looks at whether a sibling came."""
PATIENCE: Final = 0.025
"""Seconds to wait for siblings; on a busy machine it takes them some to get a turn."""
AT_ONCE: Final = 8
"""How many connections are taken in one go when siblings did not come."""
TRY_AGAIN: Final = 1.0
"""Seconds until accepting is tried again where the system has no room for a connection."""
HANDSHAKE: Final = 5.0
"""Seconds for a TLS handshake."""
ENDING: Final = 3600.0
"""Seconds for TLS to end, with all that waits to be sent before: the protocol looks after those that are too slow."""
LAST: Final = 1.0
"""Seconds that handshakes under way have when no more is accepted."""
OVER: Final = 2
"""With TLS, how many times as many connections as are served are held, handshakes under way included."""
_WANT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Connections(set[Any]):
    """The connections of a server; whoever has accepted them is told when one ends."""

    def __init__(self, ended: Callable[[], None]) -> None:
        super().__init__()
        self._ended = ended

    def discard(self, connection: Any) -> None:
        """A connection has ended."""
        if connection in self:
            super().discard(connection)
            self._ended()


class Acceptor:
    """Accepts for one worker. It is closed as asyncio's servers are."""

    def __init__(self, standing: Standing, index: int, most: int, tls: ssl.SSLContext | None = None) -> None:
        """``most``: how many connections each worker may have; others are turned away. ``tls``: what they speak."""
        self._standing = standing
        self._index = index
        self._most = most
        self._tls = tls
        self._own = 0
        self._coming: dict[asyncio.Task[None], None] = {}
        """Connections that are being made, the oldest first."""
        self._later: asyncio.TimerHandle | None = None
        self._stepped_back = False
        self._open = False
        self.connections = Connections(self._lose)

    def open(self, bound: socket.socket, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        """Accept from now on."""
        self._loop = asyncio.get_running_loop()
        self._bound = bound
        self._protocol = protocol
        self._open = True
        bound.setblocking(False)
        self._tell()
        self._listen()

    def close(self) -> None:
        """Accept no more."""
        if self._open:
            self._open = False
            self._silence()
            self._standing.leave(self._index)

    async def wait_closed(self) -> None:
        """Wait for connections that were accepted and not yet made; not for all of the time of a handshake."""
        if self._coming:
            _, late = await asyncio.wait(self._coming, timeout=LAST)
            for each in late:
                each.cancel()

    def _lose(self) -> None:
        self._own -= 1
        self._tell()

    def _tell(self) -> None:
        if self._open:
            self._standing.connected(self._index, self._own)
            if self._stepped_back and not self._ahead():
                self._go_on()

    def _ahead(self) -> bool:
        """Whether a sibling should go first: it has fewer by far, or has room where there is none here."""
        own = self._own
        fewest = self._standing.fewest(own)
        lead = own - fewest
        return (lead > AHEAD and lead > own * SHARE) or own >= self._most > fewest

    def _listen(self) -> None:
        self._later = None
        self._loop.add_reader(self._bound.fileno(), self._arrived)

    def _silence(self) -> None:
        if self._later is not None:
            self._later.cancel()
        self._loop.remove_reader(self._bound.fileno())

    def _arrived(self) -> None:
        """Somebody wants to connect."""
        if self._ahead():
            self._silence()
            self._stepped_back = True
            self._later = self._loop.call_later(STEP_BACK, self._look, self._loop.time(), self._standing.total())
        else:
            self._accept(1)

    def _look(self, since: float, before: int) -> None:
        """Go on if a sibling has come, or if none does."""
        if self._standing.total() > before or not self._ahead():
            self._go_on()
        elif self._loop.time() - since > PATIENCE:
            self._go_on()
            self._accept(min(AT_ONCE, self._most - self._own))  # to turn them away is not better than to wait
        else:
            self._later = self._loop.call_later(STEP_BACK, self._look, since, before)

    def _go_on(self) -> None:
        self._silence()
        self._stepped_back = False
        self._listen()

    def _accept(self, most: int) -> None:
        """Take connections until there are none; a sibling may have been faster, or the caller has gone."""
        try:
            for _ in range(most):
                taken, _ = self._bound.accept()
                self._own += 1
                task = self._loop.create_task(self._make(taken))
                self._coming[task] = None
                task.add_done_callback(self._made)
        except OSError as error:
            if error.errno in _WANT:
                self._loop.call_exception_handler({"message": "no connection is accepted", "exception": error})
                self._silence()
                self._later = self._loop.call_later(TRY_AGAIN, self._listen)
        finally:
            self._tell()

    def _made(self, task: asyncio.Task[None]) -> None:
        self._coming.pop(task, None)
        if task.cancelled() or task.exception() is not None:
            self._lose()

    async def _make(self, taken: socket.socket) -> None:
        try:
            if self._tls is None:
                await self._loop.connect_accepted_socket(self._protocol, taken)
            else:
                await self._secure(taken, self._tls)
        except OSError:
            taken.close()  # the caller has gone
            raise

    async def _secure(self, taken: socket.socket, tls: ssl.SSLContext) -> None:
        """Make a connection once its handshake is done. Those that only begin one have a bound as well.

        Beyond that the oldest of them gives way: callers in order are done within moments, others wait for their end.
        """
        if self._own > OVER * self._most:
            oldest = next(iter(self._coming))
            if oldest is asyncio.current_task():
                raise ConnectionAbortedError
            del self._coming[oldest]
            oldest.cancel()
        await self._loop.connect_accepted_socket(
            self._protocol, taken, ssl=tls, ssl_handshake_timeout=HANDSHAKE, ssl_shutdown_timeout=ENDING
        )
