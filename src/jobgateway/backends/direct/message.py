"""Requests as the bytes that go out; what is the same in all of them is made once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from jobgateway.backends.grammar import (
    ACCEPT_ENCODING,
    BAD_HEADER,
    BAD_TARGET,
    DEFAULTS,
    OURS,
    SAYS_LENGTH,
    TCHARS,
)
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.octets import IN_VALUES, table_of

if TYPE_CHECKING:
    from jobgateway.backends.origin import Origin
    from jobgateway.translation.wire import Headers, Request

METHODS: Final = ("GET", "PUT", "POST", "DELETE", "PATCH")
"""What a dialect may say; the answers to some other methods (HEAD, CONNECT) end elsewhere than they say."""

_VISIBLE: Final = table_of(byte for byte in range(0x21, 0x7F) if byte != ord("#"))
"""What a target is made of: it would end at anything else."""
_NAME: Final = re.compile(TCHARS.encode())
_REPLACEABLE: Final = frozenset(key for key, _, _ in DEFAULTS)
_BLANK: Final = b" \t"
_LINE_END: Final = b"\r\n"


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
        target = _target(request.path, request.query)
        own, given = _lines(request.headers)
        common = self._common(given) if given else self._usual
        body = request.body
        if body or request.method in SAYS_LENGTH:
            own += b"Content-Length: %d\r\n" % len(body)
        return b"".join((begin, target, common, own, _LINE_END, body))

    def _common(self, given: tuple[bytes, ...]) -> bytes:
        """The lines that all requests have, less those that one says itself."""
        defaults = [b"%b: %b\r\n" % (name, value) for key, name, value in DEFAULTS if key not in given]
        return b"".join([self._host, *defaults, b"%b: %b\r\n" % ACCEPT_ENCODING])


def _lines(headers: Headers) -> tuple[bytes, tuple[bytes, ...]]:
    """A request's own lines, and which of the lines that all requests have it says itself."""
    parts: list[bytes] = []
    given: tuple[bytes, ...] = ()
    for name, value in headers:
        begin, replaced = _begun(name)
        if value.translate(IN_VALUES) != value or value.strip(_BLANK) != value:
            raise TransportError(Fault.UNSENDABLE, BAD_HEADER)
        parts += (begin, value, _LINE_END)
        given += replaced
    return b"".join(parts), given


@lru_cache(maxsize=64)
def _begun(name: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """How a header's line begins, and which line it replaces; the few names that dialects say are looked at once."""
    key = name.lower()
    if key in OURS or not _NAME.fullmatch(name):
        raise TransportError(Fault.UNSENDABLE, BAD_HEADER)
    return name + b": ", (key,) if key in _REPLACEABLE else ()


def _target(path: str, query: str) -> bytes:
    """The path and the query; the first question mark ends the path, so it can have none itself."""
    target = f"{path}?{query}" if query else path
    if path.startswith("/") and "?" not in path and target.isascii():
        raw = target.encode("ascii")
        if raw.translate(_VISIBLE) == raw:
            return raw
    raise TransportError(Fault.UNSENDABLE, BAD_TARGET)
