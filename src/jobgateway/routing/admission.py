"""Admission: which way a request goes, and who asks."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from jobgateway.config.model import Caller
from jobgateway.routing.lane import Lane
from jobgateway.translation.hub import Refusal
from jobgateway.translation.wire import Headers

HANDED_ON: Final = frozenset({b"x-request-id", b"traceparent", b"tracestate"})
"""All of a caller's headers that reach a backend as they came (besides its secret, re-dressed)."""


class Admission(Struct, frozen=True):
    """Which way a request goes and who asks; with a refusal where it goes no further."""

    lane: Lane | None
    caller: Caller | None = None
    secret: str | None = None
    """What was presented; ``None`` where nothing was needed, or nothing fitting came."""
    refusal: Refusal | None = None
    lasts: bool = True
    """Whether the same headers will be let in later; a token ends."""


class Sender:
    """Who sends requests with the same headers, one after another: what these come to is not looked at anew."""

    __slots__ = ("handed_on", "last")

    def __init__(self, headers: Headers) -> None:
        self.handed_on = tuple([pair for pair in headers if pair[0] in HANDED_ON])
        """Those that reach a backend."""
        self.last: Admission | None = None
        """What a lane said of them last."""
