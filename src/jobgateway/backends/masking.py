"""Keeps a credential out of what is told of a backend's answer: a backend may repeat what it was sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import msgspec

from jobgateway.translation.hub import Refusal

PIECE: Final = 12
"""Characters in a row that give a secret away; a value that is shown may have been cut."""
_MASK: Final = "********"
_ESCAPE: Final = re.compile("%[0-9A-F]{2}")


def masked(refusal: Refusal, secret: str) -> Refusal:
    """The refusal with the secret covered in its detail, as it is and in the usual encodings, whole or in pieces."""
    detail = refusal.detail
    if not detail:
        return refusal
    for form in _forms(secret):
        detail = _covered(detail, form)
    return refusal if detail == refusal.detail else msgspec.structs.replace(refusal, detail=detail)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    escaped = msgspec.json.encode(secret).decode()[1:-1]
    yield escaped
    yield escaped.replace("/", r"\/")
    if len(secret) < PIECE:
        return  # encoded, it could be a part of many a word
    plain = secret.encode()
    yield secret[::-1]
    yield plain.hex()
    yield plain.hex().upper()
    quoted = quote(secret, safe="")
    yield quoted
    yield _ESCAPE.sub(lambda found: found[0].lower(), quoted)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for lead in range(3):
            text = encode(bytes(lead) + plain).decode().rstrip("=")
            yield text[4 if lead else 0 : -1]  # the outermost characters also tell of the neighbours


def _covered(text: str, form: str) -> str:
    """The text with a mask over each run of characters that it has in common with the form."""
    size = min(PIECE, len(form))
    pieces = {form[start : start + size] for start in range(len(form) - size + 1)}
    parts: list[str] = []
    end = 0
    for start in range(len(text) - size + 1):
        if text[start : start + size] in pieces:
            if start > end or not parts:
                parts += [text[end:start], _MASK]
            end = start + size
    return "".join([*parts, text[end:]])
