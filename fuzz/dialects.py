"""The dialects that campaigns speak: those that are shipped, and the example of one that somebody adds."""

from __future__ import annotations

from functools import cache
from typing import Final

from fuzz.exchange import ROOT
from jobgateway.config.specs import load_spec, shipped_dialects
from jobgateway.translation.dialect import Dialect, compile_dialect

SHIPPED: Final = ("openreplay-v1", "openreplay-v2", "explorer")


@cache
def dialects() -> dict[str, Dialect]:
    """All of them, by name."""
    example = compile_dialect(load_spec(ROOT / "docs" / "examples" / "acme.yaml"))
    return {**shipped_dialects(), example.name: example}
