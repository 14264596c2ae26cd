"""Opens connections to one backend."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jobgateway.backends.connecting import LATE, why_unconnected
from jobgateway.backends.transport import Fault, TransportError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from jobgateway.backends.direct.connection import Connection
    from jobgateway.backends.origin import Origin


class Opener:
    """Opens them over TCP, and TLS where there is a context for it."""

    def __init__(
        self,
        origin: Origin,
        context: ssl.SSLContext | None,
        connection: Callable[[], Connection],
        *,
        within: float,
    ) -> None:
        """``connection`` makes what speaks on each. ``within``: seconds for a connection and its TLS handshake."""
        self._origin = origin
        self._context = context
        self._connection = connection
        self._within = within

    async def open(self) -> Connection:
        """A connection that has carried nothing yet. Raises ``TransportError``: unreachable."""
        try:
            async with asyncio.timeout(self._within):
                _, connection = await asyncio.get_running_loop().create_connection(
                    self._connection,
                    self._origin.host,
                    self._origin.port,
                    ssl=self._context,
                    server_hostname=None if self._context is None else self._origin.host,
                )
        except TimeoutError:
            problem = LATE
        except OSError as error:
            problem = why_unconnected(error)
        else:
            return connection
        raise TransportError(Fault.UNREACHABLE, problem)
