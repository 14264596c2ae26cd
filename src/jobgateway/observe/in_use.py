"""Which configuration is in use, since when, and whether the last attempt to change it succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobgateway.observe.exposition import one
from jobgateway.observe.families import BUILD, CONFIG, LOADED_AT, RELOAD_SUCCESSFUL

if TYPE_CHECKING:
    from jobgateway.observe.exposition import Shown


class InUse:
    """The release and the configuration of a server, for its metrics."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._digest = ""
        self._at = 0.0
        self._successful = False

    def loaded(self, digest: str, at: float) -> None:
        """A configuration is in use since ``at`` (seconds since 1970)."""
        self._digest, self._at, self._successful = digest, at, True

    def refused(self) -> None:
        """A reload failed: the configuration before it stays in use."""
        self._successful = False

    def shown(self) -> list[Shown]:
        """Its metrics."""
        return [
            one(RELOAD_SUCCESSFUL, self._successful),
            one(LOADED_AT, self._at),
            (CONFIG, {(self._digest,): (1.0,)} if self._digest else {}),
            one(BUILD, 1.0, self._version),
        ]
