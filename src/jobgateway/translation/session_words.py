"""What a spec may say of logging in. It stands apart from ``spec`` because few dialects need it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

AccountEncoding = Literal["array", "pair"]
"""How username and password become one text, which is sent in base64: ``["u","p"]`` as JSON, or ``u:p``."""


class Session(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an account is exchanged for a secret that ends: the cookie of ``credential.written``."""

    method: Literal["POST", "PUT"]
    path: str
    scheme: str
    """The scheme of the Authorization header that holds the account."""
    encodings: tuple[AccountEncoding, ...]
    """The first is written unless another is asked for; all are read."""
    address: str
    """The key of the body that names the host behind the backend."""
    port: str
    done: str
    """The place in the answer that says whether it was done."""
    lifetime: int
    """Seconds that the secret is good for, where the cookie does not say."""
    headers: dict[str, str] = field(default_factory=dict)
