"""The dialects that a configuration can name: the shipped ones, and those of its section ``dialects``."""

from __future__ import annotations

from jobgateway.config.compose import LARGEST_FILE
from jobgateway.config.files import UnreadableError, beside, read_file
from jobgateway.config.findings import shown
from jobgateway.config.report import Report
from jobgateway.config.source import Gateway
from jobgateway.config.specs import compile_spec, read_spec, shipped_dialects
from jobgateway.translation.dialect import Dialect


def read_dialects(said: Gateway, report: Report) -> tuple[dict[str, Dialect | None], list[Report]]:
    """All dialects by name, ``None`` where a file has errors, and what is wrong within the files."""
    dialects: dict[str, Dialect | None] = dict(shipped_dialects())
    reports: list[Report] = []
    if not report.stands(("dialects",)):
        return dialects, reports
    for name, file in said.dialects.items():
        path = ("dialects", name)
        if name in dialects:
            report.add(path, f"{shown(name)} is a shipped dialect; give yours another name")
            continue
        dialects[name] = None
        if report.sound(path):
            inner = Report(beside(report.file, file))
            reports.append(inner)
            dialects[name] = _read(name, inner, report)
    return dialects, reports


def _read(name: str, inner: Report, report: Report) -> Dialect | None:
    path = ("dialects", name)
    try:
        data = read_file(inner.file, LARGEST_FILE).data
    except UnreadableError as error:
        report.add(path, f"{shown(inner.file)} cannot be read: {error}")
        return None
    spec = read_spec(data, inner)
    if spec is None:
        return None
    if spec.dialect != name:
        report.add(path, f"the file calls its dialect {shown(spec.dialect)}")
        return None
    return compile_spec(spec, inner)
