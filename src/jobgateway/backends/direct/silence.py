"""Whether anything has come on a connection that the event loop has not read yet."""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import Callable


def silence_of(transport: asyncio.BaseTransport) -> Callable[[], bool]:
    """A question to the system, answered at once, that may be asked as long as the connection is open."""
    if sys.platform == "win32":  # its event loop reads ahead, so the system would know nothing of it
        return lambda: True
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return lambda: not poll.poll(0)
