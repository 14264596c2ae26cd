"""Who holds a token, as it says; apart from what makes and reads tokens, whose libraries are slow to load."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

MARK: Final = "jg1-"
"""What every token begins with, and no other secret should."""
NOBODY: Final = ""


class Holder(Struct, frozen=True, gc=False):
    """What a token says. It is shown without the secret."""

    caller: str = NOBODY
    """The known caller's name, or empty where there are none."""
    backend: str = ""
    """The one backend that the secret is for, or empty where any may get it that the caller's key could."""
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Holder({self.caller!r}, {self.backend!r})"
