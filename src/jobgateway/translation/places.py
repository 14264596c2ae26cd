"""Places in JSON bodies: paths of keys joined by dots."""

from __future__ import annotations

from typing import Any, Final


class _Absent:
    """What stands at a place that is not there; JSON's null is a value of its own."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


def at(body: Any, place: str) -> Any:
    """The value at a place, or ``ABSENT``."""
    for key in place.split("."):
        if not isinstance(body, dict) or key not in body:
            return ABSENT
        body = body[key]
    return body


def put(body: dict[str, Any], place: str, value: Any) -> None:
    """Set the value at a place; objects between are made."""
    *between, last = place.split(".")
    for key in between:
        body = body.setdefault(key, {})
    body[last] = value
