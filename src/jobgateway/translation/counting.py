"""Counting a list whose backend tells no total: gallop beyond its end, then search it by halves.

Exact for a list that stands still, in at most 2 log2(pages) + 2 calls. A list seen to move is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobgateway.translation.hub import Window

if TYPE_CHECKING:
    from jobgateway.translation.reader import Reader, Steps


def count(reader: Reader, size: int) -> Steps[int]:
    """How many jobs the list holds, from what the reader has seen and from pages of ``size``.

    Raises ``RefusalError``.
    """
    first, leap, galloping = reader.low // size, 1, True
    while reader.low != reader.high:
        last = (reader.high - 1) // size
        index = min(first + leap - 1, last) if galloping else (reader.low // size + last) // 2
        (page,) = yield from reader.ask((Window(index * size, size),))
        leap *= 2
        galloping = galloping and len(page.jobs) == size
    return reader.low
