"""How requests and backend calls end: each way has one histogram, and every series that counts them is read off it.

A request counts in many series, of how it ended, of how long it took, of every field that its answer lacked. To
count it once, and to add up when somebody reads, costs it least.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from jobgateway.observe.families import (
    BACKEND_DURATION,
    BACKEND_REQUESTS,
    BUCKETS,
    DURATION,
    LOSSES,
    NONE,
    REFUSALS,
    REQUESTS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobgateway.observe.ledger import Cells, Name
    from jobgateway.observe.observer import Served
    from jobgateway.translation.hub import Operation

    Series = tuple[Name, Sequence[float]]

SIZE: Final = DURATION.size
"""How many numbers a way has."""
_REQUEST: Final = "request"
_CALL: Final = "call"


def of_request(served: Served, lacked: tuple[str, ...]) -> Name:
    """The way in which a request has ended; ``lacked``: the fields of the caller's that its answer had not."""
    operation = served.operation.value if served.operation else NONE
    words = (served.dialect or NONE, served.backend or NONE, operation, str(served.status), served.origin)
    return (_REQUEST, *words, str(served.reason or ""), *lacked)


def of_call(backend: str, operation: Operation, outcome: str) -> Name:
    """The way in which a backend call has ended."""
    return (_CALL, backend, operation.value, str(outcome))


def count(numbers: Cells, seconds: float) -> None:
    """One more has ended so, after so long."""
    numbers[bisect_left(BUCKETS, seconds)] += 1.0
    numbers[-1] += seconds


def series_of(name: Name, numbers: Sequence[float]) -> Iterator[Series]:
    """What is to be shown of what stands under a name: the series of a way, or itself."""
    if name[0] == _REQUEST:
        yield from _of_requests(name[1:], numbers)
    elif name[0] == _CALL:
        yield (BACKEND_REQUESTS.name, *name[1:]), (_all(numbers),)
        yield (BACKEND_DURATION.name, name[1]), numbers
    else:
        yield name, numbers


def _of_requests(words: Name, numbers: Sequence[float]) -> Iterator[Series]:
    dialect, backend, operation, status, origin, reason, *lacked = words
    total = (_all(numbers),)
    yield (REQUESTS.name, dialect, backend, operation, status, origin), total
    yield (DURATION.name, dialect, operation), numbers
    if reason:
        yield (REFUSALS.name, reason), total
    for field in lacked:
        yield (LOSSES.name, dialect, backend, field), total


def _all(numbers: Sequence[float]) -> float:
    return sum(numbers[:-1])
