"""The spec files of this checkout, found by globbing so that a new one cannot be forgotten."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import yaml

from jobgateway.translation.spec import Spec

ROOT = Path(__file__).resolve().parents[2]


def spec_paths() -> list[Path]:
    """Shipped dialects and the examples in the documentation."""
    return sorted([*ROOT.glob("src/jobgateway/dialects/*.yaml"), *ROOT.glob("docs/examples/*.yaml")])


def load_spec_file(path: Path) -> Spec:
    """One spec, unchecked."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Spec)


@cache
def all_specs() -> dict[str, Spec]:
    """Every spec by its dialect's name."""
    return {spec.dialect: spec for spec in map(load_spec_file, spec_paths())}
