"""A new process by fork, which shares with its parent what it is meant to share and nothing else."""

from __future__ import annotations

import gc
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jobgateway.edge.signals import HELD

if TYPE_CHECKING:
    from collections.abc import Collection

SYSTEM: Final = 71
"""EX_OSERR of sysexits.h."""
_STANDARD: Final = 3
_OPEN: Final = Path("/dev/fd")


def fork(kept: Collection[int]) -> int:
    """Fork while no loop runs and no other thread exists; gives the child's id, and 0 in the child. Raises ``OSError``.

    The child keeps the standard streams and the descriptors ``kept``. It ignores SIGINT and SIGHUP,
    which a terminal sends to all processes at once; its parent passes on what they mean.
    """
    gc.freeze()  # the child's collector lets alone what the parent has made: its memory stays shared
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    child = -1
    try:
        child = os.fork()
        if not child:
            _begin(kept)
    finally:
        if child:
            gc.unfreeze()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child


def _begin(kept: Collection[int]) -> None:
    try:
        _have_own_signals()
        _let_go(kept)
    except OSError:
        os._exit(SYSTEM)  # it must not go on as if it were its parent


def _have_own_signals() -> None:
    signal.set_wakeup_fd(-1)  # it would wake the parent
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in HELD:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)


def _let_go(kept: Collection[int]) -> None:
    """Point every other descriptor at nothing.

    Closing them would free their numbers, and an object of the parent's that is finalised here
    would close whatever has got its number since.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in [int(each.name) for each in _OPEN.iterdir()]:
        if number >= _STANDARD and number not in kept and number != nowhere:
            with suppress(OSError):  # the descriptor with which the list was read
                os.fstat(number)
                os.dup2(nowhere, number, inheritable=False)
