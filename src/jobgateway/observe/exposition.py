"""Metrics as Prometheus' text format, version 0.0.4, from one ledger or the sum of several."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from jobgateway.observe.endings import series_of
from jobgateway.observe.families import BUCKETS, COUNTED, Family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobgateway.observe.ledger import Ledger, Name

    Series = Mapping[Name, Sequence[float]]
    """Label values -> numbers."""
    Shown = tuple[Family, Series]

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPED: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_BOUNDS: Final = (*map(str, BUCKETS), "+Inf")


def summed(ledgers: Iterable[Ledger]) -> list[Shown]:
    """Every family that is counted, each series the sum of those of its name."""
    sums: dict[str, dict[Name, list[float]]] = {family.name: {} for family in COUNTED}
    for ledger in ledgers:
        for name, cells in ledger.entries():
            for (family, *labels), numbers in series_of(name, cells):
                series = sums[family]
                before = series.get(tuple(labels))
                now = list(numbers)
                series[tuple(labels)] = now if before is None else [a + b for a, b in zip(before, now, strict=True)]
    return [(family, sums[family.name]) for family in COUNTED]


def one(family: Family, value: float, *labels: str) -> Shown:
    """A family of one series."""
    return family, {labels: (value,)}


def text_of(shown: Iterable[Shown]) -> bytes:
    """The text that is scraped."""
    return "".join(line for family, series in shown for line in _family(family, series)).encode()


def _family(family: Family, series: Series) -> Iterator[str]:
    name = family.prefix + family.name
    yield f"# HELP {name} {family.text}\n# TYPE {name} {family.kind}\n"
    for values, numbers in series.items():
        labels = dict(zip(family.labels, values, strict=True))
        if family.kind == "histogram":
            yield from _histogram(name, labels, numbers)
        else:
            yield _sample(name, labels, numbers[0])


def _histogram(name: str, labels: dict[str, str], numbers: Sequence[float]) -> Iterator[str]:
    """Each bucket counts what is in those before it, too."""
    total = 0.0
    for bound, total in zip(_BOUNDS, accumulate(numbers[:-1]), strict=True):
        yield _sample(f"{name}_bucket", {**labels, "le": bound}, total)
    yield _sample(f"{name}_count", labels, total)
    yield _sample(f"{name}_sum", labels, numbers[-1])


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    told = ",".join(f'{label}="{labels[label].translate(_ESCAPED)}"' for label in sorted(labels))
    return f"{name}{{{told}}} {float(value)!r}\n" if told else f"{name} {float(value)!r}\n"
