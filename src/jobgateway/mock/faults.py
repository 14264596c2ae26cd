"""How a mock backend misbehaves on purpose."""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct


class Faults(Struct, frozen=True):
    """Raises ``ValueError`` where a number is out of its range."""

    latency: float = 0.0
    """Seconds before every answer."""
    fail: float = 0.0
    """The share of calls, 0 to 1, that end as an internal error and change nothing."""
    seed: int = 0
    """Which calls those are: the same seed fails the same ones."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.latency) and self.latency >= 0):
            raise ValueError(f"latency must be 0 or more seconds, not {self.latency}")
        if not 0 <= self.fail <= 1:
            raise ValueError(f"fail must be from 0 to 1, not {self.fail}")


NO_FAULTS: Final = Faults()
