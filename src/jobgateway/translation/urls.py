"""Percent-encoding, decoded once and strictly, and the pairs of a query string."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from jobgateway.translation.hub import Reason, Refusal

MOST_PAIRS: Final = 100
"""The most pairs that a query string may hold."""
MOST_SHOWN: Final = 64
"""The most characters of a caller's value that a refusal repeats."""

_BAD_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})").search


def decode(text: str) -> str | None:
    """The text behind percent-encoded UTF-8 (RFC 3986 section 2.1), or ``None`` where it is none."""
    if "%" not in text:
        return text
    if _BAD_PERCENT(text):
        return None
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError:
        return None


def decode_form(text: str) -> str | None:
    """The same for a key or value of ``application/x-www-form-urlencoded``, where ``+`` is a space."""
    if not text.isascii():
        return None
    return decode(text.replace("+", " ") if "+" in text else text)


def encode(text: str) -> str:
    """The text as one path segment, or as a key or value of a query: all but the unreserved is quoted."""
    return quote(text, safe="")


def read_query(query: str, known: frozenset[str]) -> dict[str, str | None] | Refusal:
    """The first value of each known key, decoded; ``None`` where it is not percent-encoded UTF-8."""
    pieces = query.split("&", MOST_PAIRS)
    if len(pieces) > MOST_PAIRS:
        return Refusal(Reason.BAD_PARAMETER, f"the query has more than {MOST_PAIRS} parameters")
    plain = "%" not in query and "+" not in query and query.isascii()
    found: dict[str, str | None] = {}
    for piece in pieces:
        key, _, value = piece.partition("=")
        name = key if plain else decode_form(key)
        if name in known and name not in found:
            found[name] = value if plain else decode_form(value)
    return found


def bad_parameter(key: str, problem: str, text: str | None) -> Refusal:
    """The refusal of a query parameter; ``problem`` says what it is."""
    return Refusal(Reason.BAD_PARAMETER, f"{key} {problem}", value=None if text is None else text[:MOST_SHOWN])
