"""What would become of a request: every step of the gateway but the asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobgateway.commands.supposing import Supposed, suppose
from jobgateway.config.model import MASK
from jobgateway.edge.hygiene import untidy
from jobgateway.gateway import HANDED_ON, Gateway, problem, understand
from jobgateway.routing.door import Admission
from jobgateway.translation.hub import Refusal

if TYPE_CHECKING:
    from jobgateway.routing.lane import Lane
    from jobgateway.translation.hub import Call
    from jobgateway.translation.wire import Headers, Request


class Considered(Struct, frozen=True):
    """A route, and what became of it; without a reason it was taken."""

    lane: Lane
    why_not: str | None = None


class Credential(Struct, frozen=True):
    """The header that presents a credential to the backend, masked, and whose it is."""

    header: tuple[bytes, bytes]
    source: str


class Explanation(Struct, frozen=True):
    """As far as the request comes; with a refusal where it goes no further."""

    routes: tuple[Considered, ...]
    lane: Lane | None = None
    caller: str | None = None
    call: Call | None = None
    directed: Call | None = None
    credential: Credential | None = None
    headers: Headers = ()
    """What is handed on of the caller's own."""
    supposed: Supposed | None = None
    refusal: Refusal | None = None
