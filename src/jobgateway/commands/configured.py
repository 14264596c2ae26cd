"""Reading the configuration for a command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from jobgateway.commands.exits import Exit, Stop
from jobgateway.config.findings import ConfigError
from jobgateway.config.load import load_config
from jobgateway.config.model import FillFrom

if TYPE_CHECKING:
    from jobgateway.config.model import Backend, Config
    from jobgateway.translation.spec import Spec

USUAL: Final = "gateway.yaml"

config_option = click.option(
    "-c", "--config", "path", default=USUAL, show_default=True, metavar="FILE", help="The configuration."
)


def configured(path: str, code: Exit = Exit.FINDINGS) -> Config:
    """The checked configuration; with findings the program ends, all of them on standard error."""
    try:
        return load_config(path, os.environ)
    except ConfigError as error:
        raise Stop(code, *map(str, error.findings)) from error


def usual_if_there() -> str | None:
    """The usual file, where this folder has it."""
    return USUAL if Path(USUAL).is_file() else None


def filled(backend: Backend, spec: Spec) -> frozenset[str]:
    """The hub fields that the backend's fill supplies: a copy of what the backend does not say is nothing."""
    return frozenset(
        name for name, value in backend.fill.items() if not isinstance(value, FillFrom) or value.field in spec.job
    )
