"""How the program ends: its exit codes, and every way that leads to one."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE: Final = Path(__file__).parent.parent


class Exit(IntEnum):
    """The exit codes; 69, 70 and 78 are those of BSD's sysexits.h."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    UNREACHABLE = 69
    INTERNAL = 70
    CONFIG = 78
    INTERRUPTED = 130


class Stop(Exception):  # noqa: N818 - an exit is not always an error
    """Ends the program with an exit code, after these lines on standard error."""

    def __init__(self, code: Exit, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.code = code


class PipeClosed(Exception):  # noqa: N818 - nothing went wrong
    """Whoever read our output has read enough."""


@contextmanager
def while_read() -> Iterator[None]:
    """Tell a closed pipe from other failures, before click makes an exit code of it."""
    try:
        yield
    except BrokenPipeError as error:
        raise PipeClosed from error


def leave(run: Callable[[], Any]) -> Exit | int:
    """Run the program, and give its exit code whatever happens."""
    try:
        code = run()
        with while_read():
            sys.stdout.flush()
        return code if isinstance(code, int) else Exit.FINE
    except Stop as stop:
        click.echo(str(stop), err=True)
        return stop.code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except PipeClosed:
        _stop_writing()
        return Exit.FINE
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches people
        click.echo(f"jobgateway: internal error: {_kind_and_place(error)}; please report it", err=True)
        return Exit.INTERNAL


def _stop_writing() -> None:
    """What is still buffered goes nowhere, so that the interpreter's last flush does not fail either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _kind_and_place(error: Exception) -> str:
    """The error's type and our innermost line; its text stays unsaid, since it may hold a secret."""
    ours = [frame for frame in extract_tb(error.__traceback__) if PACKAGE in Path(frame.filename).parents]
    place = Path(ours[-1].filename).relative_to(PACKAGE.parent).as_posix()
    return f"{type(error).__name__} at {place}:{ours[-1].lineno} in {ours[-1].name}"
