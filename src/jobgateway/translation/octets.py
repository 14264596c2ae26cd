"""Sets of octets, made ready to tell quickly whether a text has any other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final


def table_of(octets: Iterable[int]) -> bytes:
    """A table for ``bytes.translate`` under which these octets, and no others, stay what they are.

    Where nothing changes, the very same bytes come back: to compare them costs nothing. With a list of octets to
    delete instead of a table, ``translate`` would make such a table each time.
    """
    kept = frozenset(octets)
    return bytes(octet if octet in kept else octet ^ 0xFF for octet in range(256))


IN_VALUES: Final = table_of((ord("\t"), *range(0x20, 0x7F), *range(0x80, 0x100)))
"""What the value of a header may hold (RFC 9110 section 5.5): tab is the one control character among it."""
