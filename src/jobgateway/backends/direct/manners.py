"""Whether a backend says more than it is asked, and so whether its connections may be kept.

Bytes that nobody asked for are seen on a connection that is idle. On one that is in use again they are its next
answer: HTTP/1.1 has no means to tell. So a backend is watched before its connections are kept, and anew some time
after it said more than it should.
"""

from __future__ import annotations

import asyncio
from typing import Final

WATCH: Final = 0.1
"""Seconds for which a connection is watched after its answer: longer than a second answer would be late."""
DISTRUST: Final = 60.0
"""Seconds after an offence in which no connection is kept."""


class Manners:
    """What is known of one backend."""

    __slots__ = ("_wary_until", "proven")

    def __init__(self) -> None:
        self.proven = False
        """Whether a connection was watched, and nothing came: then all are kept."""
        self._wary_until = float("-inf")

    @property
    def wary(self) -> bool:
        """Whether unasked bytes came so lately that nothing can prove anything."""
        return asyncio.get_running_loop().time() < self._wary_until

    def offend(self) -> None:
        """Bytes came that nobody asked for."""
        self.proven = False
        self._wary_until = asyncio.get_running_loop().time() + DISTRUST
