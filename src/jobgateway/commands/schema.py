"""``schema``: what a configuration may say, for editors."""

from __future__ import annotations

import click

from jobgateway.commands.output import print_json
from jobgateway.config.schema import json_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of gateway.yaml (draft-07).

    An editor reads it where the file's first line is: # yaml-language-server: $schema=FILE
    """
    print_json(json_schema())
