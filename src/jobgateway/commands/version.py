"""``version``: which release this is."""

from __future__ import annotations

import click

from jobgateway import __version__


@click.command()
def version() -> None:
    """Print the release."""
    click.echo(f"jobgateway {__version__}")
