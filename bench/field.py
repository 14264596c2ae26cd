"""The field: a backend and all contenders, started once, each checked before it is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus

from msgspec import Struct

from bench.asking import Answer, answers, ask, disagreements
from bench.backends import canned
from bench.contenders import GATEWAY, Contender, Started, started
from bench.processes import StartError
from bench.wording import BACKEND, CALLER, CASES, MANY, ids, told_ids


class UnfitError(Exception):
    """A contender does not answer as it must."""


class Field(Struct, frozen=True):
    """Who runs, over which backend, and who was left out and why. The gateway comes first."""

    backend: Started
    """The backend itself, asked in its own words."""
    started: tuple[Started, ...]
    skipped: dict[str, str]


@contextmanager
def field(contenders: Sequence[Contender]) -> Iterator[Field]:
    """The gateway and everyone else that can run and answers rightly.

    Raises ``UnfitError`` or ``StartError`` where the gateway itself does not.
    """
    with ExitStack() as stack:
        backend = stack.enter_context(canned(BACKEND, jobs=MANY))
        ours = stack.enter_context(started(GATEWAY, backend.port))
        expected = right_answers(ours)
        fit, skipped = [ours], {}
        for each in contenders:
            if each is GATEWAY:
                continue
            if reason := each.missing():
                skipped[each.name] = reason
                continue
            try:
                there = stack.enter_context(started(each, backend.port))
                check(there, expected, backend)
                fit.append(there)
            except (UnfitError, StartError, OSError) as error:
                skipped[each.name] = str(error)
        yield Field(backend, tuple(fit), skipped)


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


def check(there: Started, expected: dict[str, Answer], backend: Started) -> None:
    """Raise ``UnfitError`` where a contender answers something else than the gateway, or than what it hands on."""
    if there.contender.translates:
        problems = disagreements(expected, answers(there.port))
    else:
        requests = {name: there.contender.wanted(call) for name, call in CASES.items()}
        problems = [name for name, each in requests.items() if ask(there.port, each) != ask(backend.port, each)]
    if problems:
        raise UnfitError(f"answers otherwise than the gateway: {'; '.join(problems)}")
