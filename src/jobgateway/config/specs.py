"""Dialects' data files: the shipped ones, and those that a configuration names."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any, Final

from jobgateway.config.compose import LARGEST_FILE, compose
from jobgateway.config.files import UnreadableError, read_file
from jobgateway.config.findings import ConfigError, Path
from jobgateway.config.report import Report
from jobgateway.config.shapes import record_of
from jobgateway.config.walk import Walk
from jobgateway.translation.checks import problems_of
from jobgateway.translation.spec import Spec

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def shipped_specs() -> dict[str, Spec]:
    """The specs that come with the product, by the name of their dialect."""
    return dict(_shipped())


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


def load_spec(path: str) -> Spec:
    """The spec in a file, checked. Raises ``ConfigError`` with everything that is wrong."""
    report = Report(str(path))
    try:
        data = read_file(str(path), LARGEST_FILE).data
    except UnreadableError as error:
        report.add((), f"cannot be read: {error}")
        raise ConfigError(report.findings()) from None
    spec = read_spec(data, report)
    if spec is not None:
        check_spec(spec, report)
    if spec is None or report.failed():
        raise ConfigError(report.findings())
    return spec


def read_spec(data: bytes, report: Report) -> Spec | None:
    """The spec that bytes hold, by its words alone; ``None`` where the report has an error."""
    root = compose(data, report)
    if root is None:
        return None
    spec: Any = Walk(report).read(root, record_of(Spec))
    return None if report.failed() else spec


def check_spec(spec: Spec, report: Report) -> None:
    """Note what is wrong between the words of a spec, each at its line."""
    for path, problem in problems_of(spec):
        report.add(_steps(path), problem)


def _steps(path: str) -> Path:
    return tuple(int(index) if index else key for index, key in _STEP.findall(path))
