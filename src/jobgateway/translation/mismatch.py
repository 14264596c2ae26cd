"""What does not fit in a backend's answer, told for people: where, what was expected, what stood there."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from jobgateway.translation.bodies import parse
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.places import ABSENT

_LONGEST_SHOWN: Final = 32
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def refuse_mismatch(error: Exception, body: bytes) -> Refusal:
    """The refusal for a body that raised while it was read; long texts in it are measured, not shown."""
    if isinstance(error, msgspec.ValidationError):
        return Refusal(Reason.BACKEND_FAILED, f"the backend's answer does not fit: {_validation(str(error), body)}")
    if isinstance(error, KeyError):
        word = show(error.args[0])
        return Refusal(Reason.BACKEND_FAILED, f"the backend's answer does not fit: unknown status {word}")
    return Refusal(Reason.BACKEND_FAILED, "the backend's answer is not strict JSON")


def _validation(text: str, body: bytes) -> str:
    problem, _, place = text.partition(" - at ")
    problem = problem.replace("`", "")
    path = place.strip("`").removeprefix("$").lstrip(".")
    if not path:
        return problem[:1].lower() + problem[1:]
    value = _walk(parse(body), place.strip("`"))
    found = "" if value is ABSENT else f" ({show(value)})"
    return f"{path}: {problem[:1].lower()}{problem[1:]}{found}"


def _walk(value: Any, path: str) -> Any:
    for key, index in _STEP.findall(path):
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif key and isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return ABSENT
    return value


def show(value: object) -> str:
    """A JSON value in few characters."""
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        return f"a text of {len(value)} characters"
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 2 * _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
