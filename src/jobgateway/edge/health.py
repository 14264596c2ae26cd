"""Whether the gateway is fit to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Health:
    """What readiness is made of; the server's life writes it, the admin port reads it."""

    def __init__(self, enough: Callable[[], bool] | None = None) -> None:
        """``enough``: whether enough workers are ready, where there are several."""
        self._enough = enough
        self.loaded = False
        """Whether a configuration is in use and the callers' port is open."""
        self.draining = False
        """Whether the server has been told to stop."""

    def checks(self) -> dict[str, bool]:
        """Each condition of readiness, and whether it holds."""
        checks = {"config": self.loaded, "not-draining": not self.draining}
        if self._enough is not None:
            checks["workers"] = self._enough()
        return checks
