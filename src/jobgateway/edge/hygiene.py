"""Requests that two parties could read differently go no further than here.

Names of headers are tokens already, for the server's parser refuses others.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import Final

from msgspec import Struct

from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.octets import IN_VALUES, table_of
from jobgateway.translation.wire import Headers, Request

SINGLETONS: Final = (b"host", b"authorization", b"cookie", b"content-type", b"content-length", b"transfer-encoding")
"""Headers that say one thing: of two, different parties believe different ones."""
_HOST: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~-]{1,253})(?::[0-9]{0,5})?")
"""RFC 9110 section 7.2 without what no name in the DNS has: percent-encoding and sub-delimiters."""
_fits_path: Final = re.compile(r"/[!$&-;=@-Z_a-z~]*(?:%[0-9A-Fa-f]{2}[!$&-;=@-Z_a-z~]*)*").fullmatch
"""RFC 3986 section 3.3."""
_fits_query: Final = re.compile(r"[!$&-;=?-~]*(?:%[0-9A-Fa-f]{2}[!$&-;=?-~]*)*").fullmatch
"""RFC 3986 section 3.4, and besides it ``[ ] { } | \\ ^ ` ``, which browsers do not encode (WHATWG URL section 1.3)."""
_PLAIN_PATH: Final = table_of(byte for byte in range(0x21, 0x7F) if _fits_path(f"/{byte:c}"))
_PLAIN_QUERY: Final = table_of(byte for byte in range(0x21, 0x7F) if _fits_query(f"{byte:c}"))
_AROUND_HEADER: Final = len(": \r\n")
_AROUND_PATH: Final = len("  HTTP/1.1\r\n\r\n")
_AROUND_QUERY: Final = len(" ? HTTP/1.1\r\n\r\n")
OLD: Final = "1.0"
"""HTTP/1.0, which needs no Host and knows no Transfer-Encoding."""
CURRENT: Final = "1.1"
"""The version of HTTP whose connections are kept."""


class Tidiness(Struct, frozen=True):
    """What is to be said against headers, whatever the request asks for."""

    fault: Refusal | None
    size: int
    """Bytes that they take in the head."""


def tidiness(headers: Headers, version: str) -> Tidiness:
    """Whether headers are ambiguous or malformed; of versions, ``1.0`` and ``1.1`` are spoken."""
    text = b"".join(chain.from_iterable(headers))
    return Tidiness(_fault(headers, text, version), len(text) + len(headers) * _AROUND_HEADER)


def untidy(request: Request, headers: Tidiness, largest: int) -> Refusal | None:
    """The refusal of a request whose head is ambiguous, malformed or larger than ``largest`` bytes; else ``None``."""
    if headers.fault is not None:
        return headers.fault
    path, query = request.path, request.query
    line = len(request.method) + len(path) + len(query)
    if headers.size + line + (_AROUND_QUERY if query else _AROUND_PATH) > largest:
        return _refusal(f"limits.request_head is {largest} bytes")
    if not (path.startswith("/") and _is_plain(path, _PLAIN_PATH)) and not _fits_path(path):
        return _refusal("the request's target is not a path")
    if query and not _is_plain(query, _PLAIN_QUERY) and not _fits_query(query):
        return _refusal("the request's query is not percent-encoded")
    return None


def _is_plain(text: str, plain: bytes) -> bool:
    """Whether a text has only such characters, as nearly all have: cheaper to see than what else is allowed."""
    return text.isascii() and (raw := text.encode("ascii")).translate(plain) == raw


def _fault(headers: Headers, text: bytes, version: str) -> Refusal | None:
    if version not in (OLD, CURRENT):
        return _refusal(f"HTTP/{version} is not spoken here")
    named = dict(headers)
    if len(named) != len(headers) and (name := _repeated(headers)):
        return _refusal(f"repeated header: {name}")
    if text.translate(IN_VALUES) != text:
        return _refusal("control character in a header")
    host = named.get(b"host")
    if host is None:
        if version != OLD:
            return _refusal("no Host header")
    elif not _HOST.fullmatch(host):
        return _refusal("the Host header is not host[:port]")
    return _coded(named, version) if b"transfer-encoding" in named else None


def _repeated(headers: Headers) -> str:
    counts = Counter(name for name, _ in headers)
    return next((name.decode() for name in SINGLETONS if counts[name] > 1), "")


def _coded(named: dict[bytes, bytes], version: str) -> Refusal | None:
    """RFC 9112 section 6.1: two lengths, or a coding where none is known, are how requests are smuggled."""
    if b"content-length" in named:
        return _refusal("Content-Length together with Transfer-Encoding")
    if version == OLD:
        return _refusal("Transfer-Encoding in HTTP/1.0")
    if named[b"transfer-encoding"].strip(b" \t").lower() != b"chunked":
        return _refusal("a Transfer-Encoding other than chunked")
    return None


def _refusal(detail: str) -> Refusal:
    return Refusal(Reason.BAD_REQUEST, detail)
