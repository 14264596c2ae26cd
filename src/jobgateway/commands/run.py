"""``run``: the gateway, until it is told to stop."""

from __future__ import annotations

import click

from jobgateway.commands.configured import config_option
from jobgateway.edge.server import serve


@click.command()
@config_option
@click.option("--access-log/--no-access-log", default=True, show_default=True, help="One JSON line per request.")
@click.pass_context
def run(ctx: click.Context, path: str, *, access_log: bool) -> None:
    """Serve until told to stop.

    The access log goes to standard output, everything else to standard error. SIGHUP reads the file again; SIGTERM
    and SIGINT stop it once the requests under way are answered.
    """
    ctx.exit(serve(path, access_log=access_log))
