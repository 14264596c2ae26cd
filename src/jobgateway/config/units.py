"""Durations and sizes with their units, both ways: ``10s`` is 10.0 seconds, ``16KiB`` is 16384 bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

from jobgateway.config.unfit import UnfitError

DURATION: Final = r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,3})?(ms|s|m|h)"
SIZE: Final = r"(0|[1-9][0-9]{0,8})(B|KB|MB|GB|KiB|MiB|GiB)"

_MILLIS: Final = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_BYTES: Final = {
    "GiB": 1024**3,
    "MiB": 1024**2,
    "KiB": 1024,
    "GB": 1000**3,
    "MB": 1000**2,
    "KB": 1000,
    "B": 1,
}


Quantity = TypeVar("Quantity", int, float)


def read_duration(text: str) -> float:
    """Seconds of a duration in whole milliseconds. Raises ``UnfitError``."""
    found = re.fullmatch(DURATION, text)
    if found is None:
        raise UnfitError("is not a duration; write it with a unit, such as 500ms, 10s or 2m", near=_near(text, _MILLIS))
    millis = Decimal(found[1] + (found[2] or "")) * _MILLIS[found[3]]
    if millis % 1:
        raise UnfitError("is not a duration in whole milliseconds")
    return int(millis) / 1000


def write_duration(seconds: float) -> str:
    """The shortest text that reads as these seconds."""
    millis = round(seconds * 1000)
    if millis == 0:
        return "0s"
    return next(f"{millis // size}{unit}" for unit, size in _MILLIS.items() if millis % size == 0)


def read_size(text: str) -> int:
    """Bytes of a size. Raises ``UnfitError``."""
    found = re.fullmatch(SIZE, text)
    if found is None:
        raise UnfitError("is not a size; write it with a unit, such as 512B, 16KiB or 8MiB", near=_near(text, _BYTES))
    return int(found[1]) * _BYTES[found[2]]


def write_size(size: int) -> str:
    """The shortest text that reads as these bytes, in powers of 1024 where they fit."""
    if size == 0:
        return "0B"
    return next(f"{size // unit}{name}" for name, unit in _BYTES.items() if size % unit == 0)


def _near(text: str, units: dict[str, int]) -> str | None:
    """The same with the unit in the usual letters: ``16kib`` was meant as ``16KiB``."""
    found = re.fullmatch(r"((?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,3})?) ?([A-Za-z]+)", text)
    names = {unit.casefold(): unit for unit in units}
    if found is None or found[2].casefold() not in names:
        return None
    near = found[1] + names[found[2].casefold()]
    return near if near != text else None


def bounded_duration(lowest: str, highest: str) -> Callable[[str], float]:
    """``read_duration`` that also refuses what is not between the two."""
    return _bounded(read_duration, lowest, highest)


def bounded_size(lowest: str, highest: str) -> Callable[[str], int]:
    """``read_size`` that also refuses what is not between the two."""
    return _bounded(read_size, lowest, highest)


def _bounded(read: Callable[[str], Quantity], lowest: str, highest: str) -> Callable[[str], Quantity]:
    least, most = read(lowest), read(highest)

    def read_within(text: str) -> Quantity:
        value = read(text)
        if not least <= value <= most:
            raise UnfitError(f"is not between {lowest} and {highest}")
        return value

    return read_within
