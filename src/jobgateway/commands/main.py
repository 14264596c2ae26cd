"""The program: its commands under one name."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from jobgateway import __version__
from jobgateway.commands.exits import leave, while_read

COMMANDS: Final = ("run", "check", "show", "schema", "pairs", "explain", "mock", "keys", "healthcheck", "version")
EPILOG: Final = """\b
Exit codes:
  0    fine
  1    findings (a config that is wrong, a pair that loses)
  2    wrong usage
  69   a backend, or the running gateway, cannot be reached
  70   internal error
  78   the config is wrong at run
  130  interrupted
"""


class Program(click.Group):
    """A group that ends with the exit codes of ``exits``, however it ends."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and exit the process."""
        extra["standalone_mode"] = False
        sys.exit(leave(lambda: super(Program, self).main(*args, **extra)))

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments; help is printed here."""
        with while_read():
            return super().make_context(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command in the module of its name, loaded now: a health check need not load a server."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"jobgateway.commands.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        with while_read():
            return super().invoke(ctx)


@click.group("jobgateway", cls=Program, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jobgateway", message="%(prog)s %(version)s")
def program() -> None:
    """A gateway between callers and backends that speak different dialects of one jobs API."""


def main() -> NoReturn:
    """Run the program with the arguments of this process."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no failure
    program.main(prog_name="jobgateway")
