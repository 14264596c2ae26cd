"""Requests as the bytes that go out; what is the same in all of them is made once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from jobgateway.backends.grammar import (
    ACCEPT_ENCODING,
    BAD_HEADER,
    BAD_TARGET,
    DEFAULTS,
    OURS,
    PATH,
    QUERY,
    SAYS_LENGTH,
    TCHARS,
    VALUE,
)
from jobgateway.backends.transport import Fault, TransportError

if TYPE_CHECKING:
    from jobgateway.backends.origin import Origin
    from jobgateway.translation.wire import Headers, Request

METHODS: Final = ("GET", "PUT", "POST", "DELETE", "PATCH")
"""What a dialect may say; the answers to some other methods (HEAD, CONNECT) end elsewhere than they say."""

_TARGET: Final = re.compile(rf"{PATH}(?:\?{QUERY})?")
_REPLACEABLE: Final = frozenset(key for key, _, _ in DEFAULTS)
_LINE: Final = re.compile(TCHARS.encode() + rb": " + VALUE + rb"\r\n")


class Messages:
    """Writes the requests to one origin."""

    __slots__ = ("_begins", "_host", "_usual")

    def __init__(self, origin: Origin) -> None:
        self._begins = {method: b"%b %b" % (method.encode(), origin.prefix) for method in METHODS}
        self._host = b" HTTP/1.1\r\nHost: %b\r\n" % origin.authority.encode("ascii")
        self._usual = self._common(())

    def write(self, request: Request) -> bytes:
        """The whole request, head and body.

        Raises ``TransportError`` where any part of it would not be read as that part.
        """
        begin = self._begins.get(request.method)
        if begin is None:
            raise TransportError(Fault.UNSENDABLE, f"the method is none of {', '.join(METHODS)}")
        body = request.body
        length = b"Content-Length: %d\r\n" % len(body) if body or request.method in SAYS_LENGTH else b""
        target = _target(request.path, request.query)
        common, own = self._lines(request.headers)
        return b"%b%b%b%b%b\r\n%b" % (begin, target, common, own, length, body)

    def _lines(self, headers: Headers) -> tuple[bytes, bytes]:
        """The lines that all requests have, less those that this one says itself, and its own."""
        own = b""
        given: tuple[bytes, ...] = ()
        for header in headers:
            name = header[0]
            key = name.lower()
            line = b"%b: %b\r\n" % header
            # The first colon of a line ends its name: where the name has none, the line is read as it was meant.
            if key in OURS or b":" in name or not _LINE.fullmatch(line):
                raise TransportError(Fault.UNSENDABLE, BAD_HEADER)
            if key in _REPLACEABLE:
                given += (key,)
            own += line
        return self._common(given) if given else self._usual, own

    def _common(self, given: tuple[bytes, ...]) -> bytes:
        defaults = [b"%b: %b\r\n" % (name, value) for key, name, value in DEFAULTS if key not in given]
        return b"".join([self._host, *defaults, b"%b: %b\r\n" % ACCEPT_ENCODING])


def _target(path: str, query: str) -> bytes:
    """The path and the query; the first question mark ends the path, so it can have none itself."""
    target = f"{path}?{query}" if query else path
    if "?" in path or not _TARGET.fullmatch(target):
        raise TransportError(Fault.UNSENDABLE, BAD_TARGET)
    return target.encode("ascii")
