"""Dialects' data files: the shipped ones, and those that a configuration names."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from jobgateway.config.compose import LARGEST_FILE, compose
from jobgateway.config.files import UnreadableError, read_file
from jobgateway.config.findings import ConfigError, Path
from jobgateway.config.report import Report
from jobgateway.config.shapes import record_of
from jobgateway.config.walk import Walk
from jobgateway.translation.dialect import Dialect, SpecError, compile_dialect
from jobgateway.translation.spec import Spec

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def shipped_specs() -> dict[str, Spec]:
    """The specs that come with the product, by the name of their dialect."""
    return dict(_shipped())


@functools.cache
def shipped_dialects() -> Mapping[str, Dialect]:
    """The same, compiled."""
    return MappingProxyType({name: compile_dialect(spec) for name, spec in _shipped()})


@functools.cache
def _shipped() -> tuple[tuple[str, Spec], ...]:
    folder = resources.files("jobgateway") / "dialects"
    found = []
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".yaml"):
            report = Report(f"jobgateway/dialects/{file.name}")
            spec = read_spec(file.read_bytes(), report)
            if spec is None:
                raise ConfigError(report.findings())
            found.append((spec.dialect, spec))
    return tuple(found)


def load_spec(path: str | os.PathLike[str]) -> Spec:
    """The spec in a file, checked. Raises ``ConfigError`` with everything that is wrong."""
    report = Report(os.fspath(path))
    try:
        data = read_file(report.file, LARGEST_FILE).data
    except UnreadableError as error:
        report.add((), f"cannot be read: {error}")
        raise ConfigError(report.findings()) from None
    spec = read_spec(data, report)
    if spec is None or compile_spec(spec, report) is None:
        raise ConfigError(report.findings())
    return spec


def read_spec(data: bytes, report: Report) -> Spec | None:
    """The spec that bytes hold, by its words alone; ``None`` where the report has an error."""
    root = compose(data, report)
    if root is None:
        return None
    spec: Any = Walk(report).read(root, record_of(Spec))
    return None if report.failed() else spec


def compile_spec(spec: Spec, report: Report) -> Dialect | None:
    """The dialect of a spec; ``None`` where the words do not go together, with each problem at its line."""
    try:
        return compile_dialect(spec)
    except SpecError as error:
        for path, problem in error.problems:
            report.add(_steps(path), problem)
    return None


def _steps(path: str) -> Path:
    return tuple(int(index) if index else key for index, key in _STEP.findall(path))
