"""A configuration file to a configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from jobgateway.config.check import check
from jobgateway.config.compose import LARGEST_FILE, compose
from jobgateway.config.dialects import read_dialects
from jobgateway.config.files import Content, UnreadableError, read_file
from jobgateway.config.findings import ConfigError
from jobgateway.config.known import Known
from jobgateway.config.model import Config
from jobgateway.config.references import References
from jobgateway.config.report import Report
from jobgateway.config.resolve import resolve
from jobgateway.config.shapes import record_of
from jobgateway.config.source import Gateway
from jobgateway.config.walk import Walk


def load_config(path: str | os.PathLike[str], environ: Mapping[str, str]) -> Config:
    """The configuration in a file, resolved and checked; its ``warnings`` do not stop it.

    ``environ`` is what ``${env:NAME}`` is looked up in. Raises ``ConfigError`` with all that is wrong.
    """
    report = Report(os.fspath(path))
    try:
        content = read_file(report.file, LARGEST_FILE)
    except UnreadableError as error:
        report.add((), f"cannot be read: {error}")
        raise ConfigError(report.findings()) from None
    return _read(content, report, environ)


def _read(content: Content, report: Report, environ: Mapping[str, str]) -> Config:
    root = compose(content.data, report)
    if root is None:
        raise ConfigError(report.findings())
    walk = Walk(report, References(environ, report.file), private=content.private)
    said: Any = walk.read(root, record_of(Gateway))
    if not isinstance(said, Gateway):
        raise ConfigError(report.findings())
    dialects, reports = read_dialects(said, report)
    check(Known(said, dialects, report))
    findings = tuple(finding for each in (report, *reports) for finding in each.findings())
    if any(each.failed() for each in (report, *reports)):
        raise ConfigError(findings)
    specs = {name: dialect.spec for name, dialect in dialects.items() if dialect is not None}
    return resolve(said, specs, report.file, findings)
