"""Instants in log lines: RFC 3339, UTC, to the millisecond."""

from __future__ import annotations

import time


class Stamp:
    """Says the present instant. Most lines share their second with the line before."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def now(self) -> str:
        """The instant, such as ``2026-01-31T09:30:00.250Z``."""
        millis = time.time_ns() // 1_000_000
        second, rest = divmod(millis, 1000)
        if second != self._second:
            self._second = second
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._text}.{rest:03d}Z"
