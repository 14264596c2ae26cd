"""Keeps a credential out of what is told of a backend's answer: a backend may repeat what it was sent."""

from __future__ import annotations

from typing import Final

import msgspec

from jobgateway.translation.hub import Refusal

_MASK: Final = "********"


def masked(refusal: Refusal, secret: str) -> Refusal:
    """The refusal with the secret covered in its detail, both as it is and as JSON writes it."""
    escaped = msgspec.json.encode(secret).decode()[1:-1]
    detail = refusal.detail.replace(secret, _MASK).replace(escaped, _MASK)
    return refusal if detail == refusal.detail else msgspec.structs.replace(refusal, detail=detail)
