"""Reading the configuration for a command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from jobgateway.commands.exits import Exit, Stop
from jobgateway.config.findings import ConfigError
from jobgateway.config.load import load_config

if TYPE_CHECKING:
    from jobgateway.config.model import Config

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
