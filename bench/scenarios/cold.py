"""From the start of a process to its first answer, all that is imported included."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from bench.asking import ask
from bench.backends import canned
from bench.contenders import Contender, surroundings
from bench.figures import Setting, Sheet
from bench.machine import serving
from bench.processes import StartError, free_port, running, wait_until_listening
from bench.wording import BACKEND, CASES, MANY

TABLE = "cold"
CASE = "get 1 job"
LOOKED_EVERY = 0.002
"""Seconds; as exact as the figures are."""


def run(contenders: Sequence[Contender], setting: Setting, sheet: Sheet, tell: Callable[[str], None]) -> None:
    """Seconds of everyone who can run here."""
    there = [each for each in contenders if each.missing() is None]
    with canned(BACKEND, jobs=MANY) as backend:
        ask(backend.port, backend.contender.wanted(CASES[CASE]))
        for turn in range(setting.rounds):
            tell(f"cold start: round {turn + 1} of {setting.rounds}")
            for each in there:
                place = (TABLE, each.name, "first answer")
                try:
                    sheet.add(place, "s", first_answer(each, backend.port))
                except (StartError, OSError) as error:
                    sheet.fail(place, str(error))


def first_answer(contender: Contender, backend: int) -> float:
    """Seconds until a contender has answered. Raises ``StartError`` or ``OSError``."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        command = contender.command(port, backend, folder)
        request = contender.wanted(CASES[CASE])
        began = time.perf_counter()
        with serving():
            process = stack.enter_context(running(command, surroundings(backend)))
        wait_until_listening(process, port, step=LOOKED_EVERY)
        answer = ask(port, request)
        seconds = time.perf_counter() - began
    if answer.status != HTTPStatus.OK:
        raise StartError(f"its first answer is {answer.status}")
    return seconds
