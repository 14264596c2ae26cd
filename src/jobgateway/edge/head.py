"""Heads of requests: what their headers come to, before anybody looks at what is asked for.

Callers send the same headers with most requests of a connection, so a head is kept from one to the next.
"""

from __future__ import annotations

from msgspec import Struct

from jobgateway.edge.hygiene import Tidiness, tidiness
from jobgateway.edge.request_id import given_id, without_id
from jobgateway.routing.admission import Sender
from jobgateway.translation.wire import Headers


class Head(Struct, frozen=True):
    """What headers come to."""

    headers: Headers
    version: str
    """``1.0`` or ``1.1``."""
    tidiness: Tidiness
    id: bytes | None
    """The caller's own id for the request, where it is one."""
    sender: Sender
    """Of all headers but ids."""

    def fits(self, headers: Headers, version: str) -> bool:
        """Whether a request has this head."""
        return headers == self.headers and version == self.version


def head_of(headers: Headers, version: str) -> Head:
    """The head of a request."""
    return Head(headers, version, tidiness(headers, version), given_id(headers), Sender(without_id(headers)))
