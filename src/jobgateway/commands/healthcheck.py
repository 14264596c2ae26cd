"""``healthcheck``: whether the gateway that this configuration runs is ready."""

from __future__ import annotations

from ipaddress import ip_address

import click

from jobgateway.commands.configured import config_option, configured
from jobgateway.commands.exits import Exit, Stop
from jobgateway.edge.probe import probe


@click.command()
@config_option
def healthcheck(path: str) -> None:
    """Ask the running gateway whether it is ready.

    Its admin port is asked, where the configuration says it is. Exits with 0 or 69, as container health checks expect.
    """
    admin = configured(path).admin
    if admin is None:
        raise Stop(Exit.FINDINGS, f"{path}: there is no admin port to ask; give it an `admin` section")
    if not probe(reachable(admin.host), admin.port):
        raise Stop(Exit.UNREACHABLE, f"jobgateway: not ready on {admin.host} port {admin.port}")
    click.echo("ready")


def reachable(host: str) -> str:
    """The address to ask one at that may listen on all of them."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 - the version of IP
