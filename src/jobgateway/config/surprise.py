"""What YAML readers take an unquoted text for, where they do not take it for a text.

PyYAML's own tables decide for YAML 1.1; the few words that only YAML 1.1's document or YAML 1.2
take for something else are added, since editors and other tools read these files too.
"""

from __future__ import annotations

import re
from typing import Final

import yaml

_NOUNS: Final = {
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
    "null": "null",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default key",
}
_OTHERS: Final = (
    (re.compile(r"[yYnN]"), "a boolean"),
    (re.compile(r"0o[0-7]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), "a number"),
)
_LONGEST_READ: Final = 40


def taken_for(text: str) -> str | None:
    """What some YAML reader takes an unquoted text for, such as ``the number 8``; ``None`` is a text."""
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    for tag, pattern in [*resolvers.get(text[:1], []), *resolvers.get(None, [])]:
        if pattern.match(text):
            return _with_value(_NOUNS[tag.rpartition(":")[2]], text)
    return next((noun for pattern, noun in _OTHERS if pattern.fullmatch(text)), None)


def _with_value(noun: str, text: str) -> str:
    if noun not in {"a boolean", "a number"} or len(text) > _LONGEST_READ:
        return noun
    try:
        value = yaml.safe_load(text)
    except ValueError:  # such as 0b_, which PyYAML takes for a number and then cannot read
        return noun
    return f"the{noun[1:]} {str(value).lower()}"
