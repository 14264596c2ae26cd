"""``check``: whether a configuration is sound, and on demand whether its backends answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import anyio
import click

from jobgateway.commands.asking import State, Told, ask_backends
from jobgateway.commands.configured import USUAL
from jobgateway.commands.exits import Exit
from jobgateway.commands.output import columns, format_option, note, print_json
from jobgateway.config.findings import ConfigError, Finding
from jobgateway.config.load import load_config

if TYPE_CHECKING:
    from jobgateway.config.model import Config


@click.command()
@click.argument("file", default=USUAL)
@click.option("--backends", is_flag=True, help="Also ask every backend for a list of one job.")
@format_option("text", "json")
@click.pass_context
def check(ctx: click.Context, file: str, form: str, *, backends: bool) -> None:
    """Check a configuration, and tell all that is wrong.

    It is gateway.yaml unless another is named. Warnings alone are fine. Exits with 1 on any other finding, a file that
    cannot be read included, and with 69 where the file is fine and a backend cannot be reached. As text findings go to
    standard error, as JSON to standard output.
    """
    findings, config = _read(file)
    asked = anyio.run(ask_backends, config) if backends and config is not None else []
    code = _code(config, asked)
    if form == "json":
        print_json(_data(file, code, findings, asked))
    else:
        _print_text(file, code, findings, asked)
    ctx.exit(code)


def _read(file: str) -> tuple[tuple[Finding, ...], Config | None]:
    try:
        config = load_config(file, os.environ)
    except ConfigError as error:
        return error.findings, None
    return config.warnings, config


def _code(config: Config | None, asked: list[Told]) -> Exit:
    states = {told.state for told in asked}
    if State.UNREACHABLE in states:
        return Exit.UNREACHABLE
    return Exit.FINDINGS if config is None or State.UNFIT in states else Exit.FINE


def _print_text(file: str, code: Exit, findings: tuple[Finding, ...], asked: list[Told]) -> None:
    note(*map(str, findings))
    note(*(f"{file}: backends.{told.name}: {told.text}" for told in asked if told.state is not State.ANSWERS))
    if answering := [(told.name, told.text) for told in asked if told.state is State.ANSWERS]:
        click.echo("\n".join(columns(answering)))
    if code is Exit.FINE:
        click.echo(f"{file}: fine")


def _data(file: str, code: Exit, findings: tuple[Finding, ...], asked: list[Told]) -> dict[str, Any]:
    """The keys are stable; ``line`` and ``column`` are null where the file as a whole is meant."""
    return {
        "file": file,
        "fine": code is Exit.FINE,
        "findings": [_finding_data(finding) for finding in findings],
        "backends": [{"name": told.name, "state": told.state.value, "detail": told.text} for told in asked],
    }


def _finding_data(finding: Finding) -> dict[str, Any]:
    mark = finding.mark
    return {
        "file": finding.file,
        "line": mark and mark.line,
        "column": mark and mark.column,
        "path": finding.path,
        "severity": finding.severity,
        "problem": finding.problem,
        "suggestion": finding.suggestion,
    }
