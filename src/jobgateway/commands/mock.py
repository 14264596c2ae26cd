"""``mock``: a backend of one dialect, kept in memory."""

from __future__ import annotations

import re
import time
from typing import Any, Final

import click

from jobgateway.commands.exits import Exit, Stop
from jobgateway.config.findings import ConfigError, closest
from jobgateway.config.specs import load_spec, shipped_specs
from jobgateway.config.unfit import UnfitError
from jobgateway.config.units import read_duration
from jobgateway.mock.app import mock_app
from jobgateway.mock.faults import Faults
from jobgateway.mock.population import documented, population
from jobgateway.mock.store import Store, scopes_of
from jobgateway.translation.dialect import Dialect, compile_dialect

MOST_JOBS: Final = 1_000_000


class Duration(click.ParamType):
    """A number with a unit, as in the configuration: 5ms, 2s."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, float):
            return value
        try:
            return read_duration(value)
        except UnfitError as error:
            self.fail(f"{value!r} {error.problem}", param, ctx)


class Share(click.ParamType):
    """A percentage: 2%, 0.5%."""

    name = "percentage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A number from 0 to 1."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%", value)
        if found is None or float(found[1]) > 100:  # noqa: PLR2004 - per cent
            self.fail(f"{value!r} is not a percentage; write it as 2% or 0.5%, at most 100%", param, ctx)
        return float(found[1]) / 100


@click.command()
@click.argument("dialect")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0, the default: any free one.")
@click.option("--jobs", type=click.IntRange(0, MOST_JOBS), help="How many jobs to make up; without it, the document's.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same jobs and failures.")
@click.option("--latency", type=Duration(), default=0.0, help="Wait before every answer, such as 5ms.")
@click.option("--fail", type=Share(), default=0.0, help="The share of calls that end as an internal error, such as 2%.")
@click.option("--key", help="The only secret that is taken; without it, any.")
@click.option("--profile", help="The variant of the dialect that is written; its first by default.")
@click.option("--dialect-file", metavar="FILE", help="A dialect that is not shipped.")
@click.pass_context
def mock(ctx: click.Context, dialect: str, host: str, port: int, **settings: Any) -> None:
    """Serve a stateful backend in a dialect; its URL is printed when it is ready."""
    from jobgateway.edge.server import serve_app  # noqa: PLC0415 - a server is loaded only to serve

    spoken = compile_dialect(_spec(dialect, settings["dialect_file"]))
    profile = _profile(spoken, settings["profile"])
    faults = Faults(settings["latency"], settings["fail"], settings["seed"])
    store = _store(spoken, settings["jobs"], settings["seed"])
    app = mock_app(spoken, store, profile=profile, key=settings["key"], faults=faults)
    ctx.exit(serve_app(app, host, port, _say_where))
