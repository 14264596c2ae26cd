"""Whether the gateway is fit to be asked."""

from __future__ import annotations


class Health:
    """What readiness is made of; the server's life writes it, the admin port reads it."""

    def __init__(self) -> None:
        self.loaded = False
        """Whether a configuration is in use and the callers' port is open."""
        self.draining = False
        """Whether the server has been told to stop."""

    def checks(self) -> dict[str, bool]:
        """Each condition of readiness, and whether it holds."""
        return {"config": self.loaded, "not-draining": not self.draining}
