"""Known callers, found by what they present."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from jobgateway.config.model import Caller


class KnownCallers:
    """Callers by the digests of their keys. Immutable.

    Looking up a digest tells nothing about how much of a key was right: one byte of the key
    changes every byte of its digest.
    """

    def __init__(self, callers: Iterable[Caller]) -> None:
        self._by_digest = {digest: caller for caller in callers for digest in caller.key_digests}

    def find(self, secret: str) -> Caller | None:
        """The caller whose key this is."""
        return self._by_digest.get(hashlib.sha256(secret.encode()).digest())
