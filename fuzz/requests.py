"""What bytes from a caller are, by two readers that nobody wrote together."""

from __future__ import annotations

import h11
from msgspec import Struct

from jobgateway.edge.reading import Arrived, Reading, UnreadableError


class Read(Struct, frozen=True):
    """What the gateway reads of a stream that comes in one piece."""

    arrived: list[Arrived]
    refused: bool
    """Whether what follows them is no request."""
    waits: bool
    """Whether its caller waits to hear that it may send a body."""


def read(stream: bytes, largest_head: int, largest_body: int) -> Read:
    """All requests of a stream, those included that are answered before their body comes. Sizes are in bytes."""
    reading, refused = Reading(largest_head, largest_body), False
    try:
        reading.feed(stream)
    except UnreadableError:
        refused = True
    arrived = list(reading.arrived)
    waits = not refused and not reading.between and reading.head_done and reading.continues
    if waits and reading.refuses_body:
        arrived.append(reading.without_body())
    return Read(arrived, refused, waits and not reading.refuses_body)


class Other(Struct, frozen=True):
    """A request as the other reader reads it."""

    method: str
    target: str
    body: bytes


def read_by_h11(stream: bytes) -> list[Other]:
    """The requests that h11 reads, up to the first that it refuses or that ends the connection."""
    found: list[Other] = []
    while stream := stream.lstrip(b"\r\n"):  # it refuses empty lines before a request (RFC 9112 section 2.2)
        peer = h11.Connection(h11.SERVER)
        peer.receive_data(stream)
        try:
            request = _next(peer)
        except h11.ProtocolError:
            break
        if request is None:
            break
        found.append(request)
        if peer.their_state is h11.MUST_CLOSE:
            break
        stream = peer.trailing_data[0]
    return found


def _next(peer: h11.Connection) -> Other | None:
    event, body = peer.next_event(), b""
    if not isinstance(event, h11.Request):
        return None
    while isinstance(part := peer.next_event(), h11.Data):
        body += part.data
    if not isinstance(part, h11.EndOfMessage):
        return None
    return Other(event.method.decode(), event.target.decode("latin-1"), body)
