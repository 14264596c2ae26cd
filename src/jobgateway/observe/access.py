"""The access log: one JSON object a line for every request, on standard output.

A line says who asked for what, in the configuration's names, and how it ended. It holds no
credential, path or query: a path can hold a project's key.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from jobgateway.observe.stamp import Stamp
from jobgateway.translation.hub import Reason

if TYPE_CHECKING:
    from jobgateway.observe.events import Events
    from jobgateway.observe.observer import Served


TROUBLE: Final = frozenset(
    {
        Reason.INTERNAL,
        Reason.BACKEND_FAILED,
        Reason.BACKEND_UNAVAILABLE,
        Reason.BACKEND_LATE,
        Reason.OUTCOME_UNKNOWN,
        Reason.OVERLOADED,
    }
)
"""Reasons that an operator wants to hear of; a dialect's status may be 501 for what is quite in order."""


class AccessLog:
    """Writes a line for each request, each in one write, so that lines of several processes stay whole."""

    def __init__(self, events: Events, descriptor: int | None = None) -> None:
        self._descriptor: int | None = sys.stdout.fileno() if descriptor is None else descriptor
        self._events = events
        self._stamp = Stamp()
        self._encoder = msgspec.json.Encoder()

    def served(self, served: Served) -> None:
        """Write the line of one request."""
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, self._line(served))
        except OSError as error:
            self._descriptor = None
            self._events.tell("access_log_stopped", "error", problem=os.strerror(error.errno or 0))

    def _line(self, served: Served) -> bytes:
        status = served.status
        line = {
            "ts": self._stamp.now(),
            "level": "error" if served.reason in TROUBLE else "info",
            "event": "request",
            "request_id": served.request_id,
            "caller": served.caller,
            "dialect": served.dialect,
            "backend": served.backend,
            "operation": served.operation,
            "status": status,
            "reason": served.reason,
            "origin": served.origin,
            "backend_calls": served.backend_calls,
            "duration_ms": round(served.seconds * 1000, 3),
            "bytes": served.size,
        }
        return self._encoder.encode(line) + b"\n"
