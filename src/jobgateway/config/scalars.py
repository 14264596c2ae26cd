"""One value of a file, read as what its place asks for."""

from __future__ import annotations

import re
from typing import Any, Final

from jobgateway.config.findings import closest, listed
from jobgateway.config.model import Secret
from jobgateway.config.references import Said
from jobgateway.config.shapes import Anything, Flag, Grammar, Hidden, Number, Text
from jobgateway.config.surprise import taken_for
from jobgateway.config.unfit import UnfitError
from jobgateway.translation.hub import LARGEST_ID

Single = Text | Number | Flag | Hidden | Grammar | Anything

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})\.[0-9]{1,18}([eE][-+]?[0-9]{1,2})?")
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_MOST_LISTED: Final = 8


def read_scalar(said: Said, shape: Single, *, private: bool) -> Any:
    """The value. ``private``: whether a file that only its owner can read says it. Raises ``UnfitError``."""
    if isinstance(shape, Anything):
        return _anything(said)
    if said.plain and taken_for(said.text) == "null":
        raise UnfitError("is missing; write one, or leave the key out", hide=True)
    if isinstance(shape, Number):
        return _number(said, shape)
    if isinstance(shape, Flag):
        return _flag(said)
    if isinstance(shape, Hidden):
        return _secret(said, private=private)
    return _grammatical(said, shape) if isinstance(shape, Grammar) else _text(said, shape)


def is_number(said: Said) -> bool:
    """Whether an unquoted text is a whole number in decimal."""
    return said.plain and _INTEGER.fullmatch(said.text) is not None


def _number(said: Said, shape: Number) -> int:
    if said.quoted:
        raise UnfitError("is a text; write the number without quotes")
    found = _INTEGER.fullmatch(said.text)
    if found is None or not shape.lowest <= int(said.text) <= shape.highest:
        raise UnfitError(_expected(shape) + _not_decimal(said))
    return int(said.text)


def _expected(shape: Number) -> str:
    if shape.lowest == shape.highest:
        return f"is not {shape.lowest}"
    if (shape.lowest, shape.highest) == (-LARGEST_ID, LARGEST_ID):
        return "is not a whole number in decimal"
    return f"is not a whole number from {shape.lowest} to {shape.highest}"


def _not_decimal(said: Said) -> str:
    """How YAML 1.1 would read a number that is not in decimal, since that is what was perhaps meant."""
    noun = taken_for(said.text) if said.plain and not _INTEGER.fullmatch(said.text) else None
    return f"; YAML 1.1 takes it for {noun}" if noun and noun.startswith("the number") else ""


def _flag(said: Said) -> bool:
    if said.quoted:
        raise UnfitError("is a text; write true or false without quotes")
    if said.text not in {"true", "false"}:
        near = "true" if said.text.lower() in {"true", "yes", "on", "y"} else None
        near = "false" if said.text.lower() in {"false", "no", "off", "n"} else near
        raise UnfitError("is neither true nor false", near=near)
    return said.text == "true"


def _secret(said: Said, *, private: bool) -> Secret:
    if said.plain and taken_for(said.text) is not None:
        raise UnfitError("is not a text to YAML readers; quote it", hide=True)
    if said.text == "":
        raise UnfitError("is empty", hide=True)
    if said.literal and not private:
        raise UnfitError(
            "is a secret in a file that others can read; write ${env:NAME} or ${file:PATH}, or chmod 600 this file",
            hide=True,
        )
    return Secret(said.text)


def _grammatical(said: Said, shape: Grammar) -> Any:
    value = shape.read(said.text)
    _refuse_surprise(said)
    return value


def _text(said: Said, shape: Text) -> Any:
    if not shape.words:
        _refuse_surprise(said)
        return said.text
    if said.text in shape.words:
        return shape.make(said.text)
    near = closest(said.text, shape.words)
    many = near is not None and len(shape.words) > _MOST_LISTED
    raise UnfitError("is not known here" if many else f"is not {listed(shape.words)}", near=near)


def _refuse_surprise(said: Said) -> None:
    noun = taken_for(said.text) if said.plain else None
    if noun is not None:
        raise UnfitError(f"is {noun} to YAML readers; quote it")


def _anything(said: Said) -> Any:
    """What JSON would read, without quotes; all that YAML alone takes for something is refused."""
    if not said.plain:
        return said.text
    if said.text in _CONSTANTS:
        return _CONSTANTS[said.text]
    if _INTEGER.fullmatch(said.text) and abs(int(said.text)) <= LARGEST_ID:
        return int(said.text)
    if _DECIMAL.fullmatch(said.text):
        return float(said.text)
    if said.text == "":
        raise UnfitError("is missing; write null for none", hide=True)
    _refuse_surprise(said)
    return said.text
