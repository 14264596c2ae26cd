"""The field: all contenders over one backend, started once, each checked before it is measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus

from msgspec import Struct

from bench.asking import Answer, answers, ask, disagreements
from bench.contenders import GATEWAY, Started, started
from bench.processes import StartError
from bench.run import Run
from bench.wording import CALLER, CASES, ids, told_ids


class UnfitError(Exception):
    """The gateway itself does not answer as it must."""


class Field(Struct, frozen=True):
    """Who runs, over which backend, and who was left out and why. The gateway comes first."""

    backend: Started
    """The backend itself, asked in its own words."""
    started: tuple[Started, ...]
    unfit: dict[str, str]
    """Who does not start, or answers otherwise than the gateway: it is no peer as it is."""


@contextmanager
def field(run: Run) -> Iterator[Field]:
    """The gateway and everyone else that answers rightly, over the run's backend.

    Raises ``UnfitError`` or ``StartError`` where the gateway itself does not.
    """
    with ExitStack() as stack:
        backend = run.backend
        ours = stack.enter_context(started(GATEWAY, backend.port))
        expected = right_answers(ours)
        fit, unfit = [ours], {}
        for each in run.contenders:
            if each is GATEWAY:
                continue
            try:
                there = stack.enter_context(started(each, backend.port))
                if problems := disagreeing(there, expected, backend):
                    unfit[each.name] = f"answers otherwise: {', '.join(problems)}"
                else:
                    fit.append(there)
            except (StartError, OSError) as error:
                run.tell(f"{each.name}: {error}")
                unfit[each.name] = "does not start or does not answer"
        yield Field(backend, tuple(fit), unfit)


def right_answers(ours: Started) -> dict[str, Answer]:
    """What the gateway answers, which must be the backend's very jobs. Raises ``UnfitError``."""
    found = answers(ours.port)
    for name, call in CASES.items():
        answer = found[name]
        try:
            told = told_ids(CALLER, call, answer.json())
        except (LookupError, TypeError):
            told = []
        if answer.status != HTTPStatus.OK or told != ids(call):
            raise UnfitError(f"{ours.name} answers {name} with {answer.status} {answer.body[:200]!r}")
    return found


def disagreeing(there: Started, expected: dict[str, Answer], backend: Started) -> list[str]:
    """What a contender answers otherwise than the gateway, or than the backend whose answers it hands on."""
    if there.contender.translates:
        return disagreements(expected, answers(there.port))
    requests = {name: there.contender.wanted(call) for name, call in CASES.items()}
    return [name for name, each in requests.items() if ask(there.port, each) != ask(backend.port, each)]
