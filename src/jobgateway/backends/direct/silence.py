"""Whether anything has come on a connection that the event loop has not read yet."""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import Callable, Sized
from functools import partial


def unread_of(transport: asyncio.BaseTransport) -> Callable[[], Sized]:
    """A question to the system, answered at once, that may be asked as long as the connection is open.

    The answer is empty as long as nothing has come.
    """
    if sys.platform == "win32":  # its event loop reads ahead, so the system would know nothing of it
        return tuple
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return partial(poll.poll, 0)
