"""The names and words that a configuration gives things."""

from __future__ import annotations

import re
from typing import Final

from jobgateway.config.unfit import UnfitError
from jobgateway.translation.paths import is_scope

NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
SCOPE: Final = r"[A-Za-z0-9._~-]{1,64}"
SCOPE_OR_ALL: Final = rf"({SCOPE}|\*)"
DIGEST: Final = r"[0-9A-Fa-f]{64}"

UNCONFINED: Final = "*"
"""What a caller's scope is mapped to where its calls are not to be confined."""


def read_name(text: str) -> str:
    """The name of a backend, a caller or a dialect. Raises ``UnfitError``."""
    if not re.fullmatch(NAME, text):
        raise UnfitError("is no name: letters, digits and . _ -, at most 64, a letter or digit first")
    return text


def read_scope(text: str) -> str:
    """A project key or a workflow id. Raises ``UnfitError``."""
    if not is_scope(text):
        raise UnfitError("is no scope: 1 to 64 letters, digits and . _ ~ -, not dots alone")
    return text


def read_scope_or_all(text: str) -> str:
    """A scope, or ``*``. Raises ``UnfitError``."""
    return text if text == UNCONFINED else read_scope(text)


def read_digest(text: str) -> bytes:
    """The 32 bytes of a SHA-256 digest. Raises ``UnfitError``, which does not repeat the text: it may be the key."""
    if not re.fullmatch(DIGEST, text):
        raise UnfitError("is no SHA-256 digest: 64 hexadecimal digits", hide=True)
    return bytes.fromhex(text)
