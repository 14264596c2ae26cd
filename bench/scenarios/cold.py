"""From the start of a process to its first answer, all that is imported included."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from bench.asking import ask
from bench.contenders import Contender, surroundings
from bench.machine import serving
from bench.processes import StartError, free_port, running, wait_until_listening
from bench.run import Run
from bench.wording import CASES

TABLE = "cold"
CASE = "get 1 job"
LOOKED_EVERY = 0.002
"""Seconds; as exact as the figures are."""


def run(run: Run) -> None:
    """Seconds of everyone."""
    ask(run.backend.port, run.backend.contender.wanted(CASES[CASE]))
    for _ in run.rounds("cold start"):
        for each in run.contenders:
            place = (TABLE, each.name, "first answer")
            try:
                run.sheet.add(place, "s", first_answer(each, run.backend.port))
            except (StartError, OSError) as error:
                run.tell(f"{each.name}: {error}")
                run.sheet.fail(place, "does not start or does not answer")


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
