"""HTTP messages as plain values, between the edge, the dialects and the transports."""

from __future__ import annotations

from typing import final

from msgspec import Struct

Header = tuple[bytes, bytes]
"""A name in lower case, and a value."""
Headers = tuple[Header, ...]
"""As they came, repeats included."""


class Request(Struct, frozen=True, gc=False):
    """A request. ``path`` and ``query`` are as on the wire: percent-encoded, ASCII, no ``?``."""

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""

    def values(self, name: bytes) -> list[bytes]:
        """All values of a header, in order; the name is in lower case."""
        return [value for key, value in self.headers if key == name]


@final
class Response(Struct, frozen=True, gc=False):
    """An answer. ``media`` is its Content-Type, empty where it has none; ``headers`` the others."""

    status: int
    body: bytes = b""
    media: str = "application/json"
    headers: Headers = ()

    def value(self, name: bytes) -> bytes | None:
        """The first value of a header, or ``None``; the name is in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None
