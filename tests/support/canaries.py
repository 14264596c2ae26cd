"""Secrets that are told from everything else, and found again in whatever encoding they come out."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from urllib.parse import quote

PIECE = 12
"""So many characters of a secret in a row are a find."""


def canary(name: str) -> str:
    """A secret that every dialect can carry, and that each encoding changes."""
    return f"{secrets.token_urlsafe(7)}+/~{name}"  # short enough to be shown where values are


def encodings(secret: str) -> dict[str, str]:
    """How a secret may be written."""
    plain = secret.encode()
    return {
        "plain": secret,
        "base64": base64.b64encode(plain).decode(),
        "base64 within": base64.b64encode(b"user:" + plain).decode(),
        "base64url": base64.urlsafe_b64encode(b"ab" + plain).decode().rstrip("="),
        "hex": plain.hex(),
        "HEX": plain.hex().upper(),
        "percent": quote(secret, safe=""),
        "percent, all of it": "".join(f"%{byte:02x}" for byte in plain),
        "JSON": json.dumps(secret)[1:-1].replace("/", "\\/"),
        "JSON, all of it": "".join(f"\\u{byte:04x}" for byte in plain),
        "reversed": secret[::-1],
    }


def _needles(secret: str) -> Iterator[tuple[str, str]]:
    """What is looked for: the beginning and the middle of each form, without what depends on neighbours."""
    plain = secret.encode()
    forms = encodings(secret)
    for lead in range(3):
        text = base64.b64encode(bytes(lead) + plain).decode().rstrip("=")
        forms[f"base64, {lead}"] = text[4 if lead else 0 : -1]
        forms[f"base64url, {lead}"] = forms[f"base64, {lead}"].translate(str.maketrans("+/", "-_"))
    for within in ("base64 within", "base64url"):
        del forms[within]
    for name, form in forms.items():
        size = PIECE * len(form) // len(secret)
        yield name, form[:size]
        yield name, form[len(form) // 2 :][:size]


class Watch:
    """Looks for secrets in bytes."""

    def __init__(self, secrets_by_name: dict[str, str]) -> None:
        self._needles = [
            (f"{name} ({form})", needle.encode().lower())
            for name, secret in secrets_by_name.items()
            for form, needle in _needles(secret)
        ]

    def found(self, data: bytes, but: frozenset[str] | set[str] = frozenset()) -> list[str]:
        """The secrets, and their forms, that are in there; those named in ``but`` may be. Case does not matter."""
        data = data.lower()
        return [name for name, needle in self._needles if needle in data and name.partition(" (")[0] not in but]
