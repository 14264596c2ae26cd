"""Memory of a process that serves: what an answer took is kept for the next one."""

from __future__ import annotations

from typing import Final

KEPT: Final = 4 * 1024 * 1024
"""Bytes, some answers' worth."""


def keep_freed() -> None:
    """Have freed memory kept, where the C library is glibc; elsewhere this does nothing.

    At first it gives free memory above 128 KiB back to the system, which for long lists is after every few
    answers, and the next ones get it page by page with a fault for each. It learns from what is freed
    (mallopt(3), M_MMAP_THRESHOLD): after a block of this size it keeps up to twice as much.
    """
    bytes(KEPT)
