"""``mock``: a backend of one dialect, kept in memory."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import click

from jobgateway.commands.exits import Exit, Stop
from jobgateway.config.findings import ConfigError, closest
from jobgateway.config.model import Listen
from jobgateway.config.specs import load_spec, shipped_specs
from jobgateway.config.unfit import UnfitError
from jobgateway.config.units import read_duration
from jobgateway.edge.banner import url_of
from jobgateway.edge.server import serve_app
from jobgateway.mock.app import mock_app
from jobgateway.mock.faults import Faults
from jobgateway.mock.population import documented, population
from jobgateway.mock.sessions import Sessions
from jobgateway.mock.store import Store, scopes_of
from jobgateway.translation.dialect import Dialect, compile_dialect

if TYPE_CHECKING:
    from jobgateway.asgi import App
    from jobgateway.translation.spec import Spec

MOST_JOBS: Final = 1_000_000


def read_latency(text: str) -> float:
    """Seconds of a duration with a unit, as in the configuration. Raises ``BadParameter``."""
    try:
        return read_duration(text)
    except UnfitError as error:
        raise click.BadParameter(f"{text!r} {error.problem}") from error


def read_lifetime(text: str) -> int:
    """Whole seconds of a duration with a unit. Raises ``BadParameter``."""
    seconds = read_latency(text)
    if seconds < 1 or seconds % 1:
        raise click.BadParameter(f"{text!r} is not a number of whole seconds above 0")
    return int(seconds)


def read_share(text: str) -> float:
    """A number from 0 to 1 of a percentage. Raises ``BadParameter``."""
    found = re.fullmatch(r"(100|[0-9]{1,2}(?:\.[0-9]{1,6})?)%", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a percentage; write it as 2% or 0.5%")
    return float(found[1]) / 100


@click.command()
@click.argument("dialect")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0, the default: any free one.")
@click.option("--jobs", type=click.IntRange(0, MOST_JOBS), help="How many jobs to make up; without it, the document's.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same jobs and failures.")
@click.option("--latency", type=read_latency, default="0s", metavar="DURATION", help="Wait before answers, as 5ms.")
@click.option("--fail", type=read_share, default="0%", metavar="SHARE", help="How many calls fail, as 2%.")
@click.option("--key", help="The only secret that is taken, and the password of every account; without it, any.")
@click.option("--lifetime", type=read_lifetime, metavar="DURATION", help="How long tokens of logins last, as 90s.")
@click.option("--profile", help="The variant of the dialect that is written; its first by default.")
@click.option("--dialect-file", metavar="FILE", help="A dialect that is not shipped.")
@click.pass_context
def mock(ctx: click.Context, /, dialect: str, host: str, port: int, **settings: Any) -> None:
    """Serve a stateful backend in a dialect.

    Its URL is printed when it is ready. It holds the jobs of the dialect's document, or as many made-up ones as wanted.
    """
    spoken = compile_dialect(_spec(dialect, settings["dialect_file"]))
    ctx.exit(serve_app(_app(spoken, settings), host, port, _say_where))


def _app(dialect: Dialect, settings: dict[str, Any]) -> App:
    jobs = documented(dialect) if settings["jobs"] is None else population(settings["jobs"], settings["seed"])
    store = Store(jobs, _now, scopes_of(jobs, dialect.spec.scope.field))
    faults = Faults(settings["latency"], settings["fail"], settings["seed"])
    profile = _profile(dialect, settings["profile"])
    key, lifetime = settings["key"], settings["lifetime"]
    if lifetime is not None and dialect.logins is None:
        raise click.BadParameter(f"{dialect.name} has no logins", param_hint="--lifetime")
    try:
        return mock_app(
            dialect, store, profile=profile, key=Sessions(dialect.logins, key, lifetime=lifetime), faults=faults
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--key") from error


def _spec(name: str, file: str | None) -> Spec:
    """The spec of a dialect's name, among those that are shipped and the one in the file."""
    known = shipped_specs()
    if file is not None:
        try:
            given = load_spec(file)
        except ConfigError as error:
            raise Stop(Exit.FINDINGS, *map(str, error.findings)) from error
        known = {**known, given.dialect: given}
    if name not in known:
        near = closest(name, known)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(known))}"
        raise click.BadParameter(f"unknown dialect {name!r}; {hint}", param_hint="DIALECT")
    return known[name]


def _profile(dialect: Dialect, name: str | None) -> str:
    known = dialect.spec.profiles
    if name is not None and name not in known:
        raise click.BadParameter(
            f"{dialect.name} has no profile {name!r}; known: {', '.join(known)}", param_hint="--profile"
        )
    return name or known[0]


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _say_where(host: str, port: int) -> None:
    with suppress(BrokenPipeError):  # nobody wants to know; callers may still ask
        click.echo(url_of(Listen(host, port)))
