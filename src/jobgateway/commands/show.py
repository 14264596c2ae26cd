"""``show``: the configuration as it is in effect."""

from __future__ import annotations

import click

from jobgateway.commands.configured import config_option, configured
from jobgateway.commands.output import format_option, print_json
from jobgateway.config.show import masked


@click.command()
@config_option
@format_option("json")
def show(path: str) -> None:
    """Print the effective configuration, secrets masked.

    Defaults are filled in and references resolved.
    """
    print_json(masked(configured(path)))
