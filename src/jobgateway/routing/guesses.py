"""Guessing of passwords: after some failed logins with a name, tries with it are few and far between."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from array import array
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 20
"""So many tries may fail in a row, or be under way, before the next has to wait."""
EACH: Final = 10.0
"""Seconds after which a failed try is forgotten, one after the other: then there is one more try."""
PLACES: Final = 1 << 15


class Guesses:
    """Counts failed logins by name, of whoever has it and of nobody alike.

    Names share a fixed number of places, by a digest that nobody can foretell. So whoever tries many names takes no
    memory, and makes nothing that was counted forgotten; to make others wait it takes thousands of tries a second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds, of which none are before 0."""
        self._clock = clock
        self._key = secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE)
        self._forgotten = array("d", [0.0]) * PLACES
        """When all failed tries will be forgotten, by place."""

    def wait(self, name: str) -> int:
        """Whole seconds until the next try with a name; 0 where there is one now."""
        over = self._forgotten[self._place(name)] - self._clock() - (AT_ONCE - 1) * EACH
        return max(0, math.ceil(over))

    def fail(self, name: str) -> None:
        """A try has failed, or is under way."""
        place = self._place(name)
        self._forgotten[place] = max(self._forgotten[place], self._clock()) + EACH

    def pardon(self, name: str) -> None:
        """One that was under way has not failed."""
        self._forgotten[self._place(name)] -= EACH

    def _place(self, name: str) -> int:
        said = name.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(said, key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") % PLACES
