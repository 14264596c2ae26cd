"""Admission: which way a request goes, and who asks."""

from __future__ import annotations

from msgspec import Struct

from jobgateway.config.model import Caller
from jobgateway.routing.lane import Lane
from jobgateway.translation.hub import Refusal


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
    """Who sends requests with the same headers, one after another: what a lane said of them last is not asked anew."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last: Admission | None = None
