"""JSON as the strictest reader takes it."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def strict_json(body: bytes) -> Any:
    """What a body says. Raises ``ValueError`` of what is not UTF-8, of NaN and infinities, and of half characters."""
    tree = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    json.dumps(tree, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no bytes
    return tree


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"not JSON: {word}")
