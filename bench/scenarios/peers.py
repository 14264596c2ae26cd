"""The gateway beside its peers: the same requests over the same backend, as fast as answers come."""

from __future__ import annotations

from collections.abc import Sequence

from bench.contenders import Started
from bench.field import Field
from bench.figures import Setting, Sheet
from bench.load import Loaded, load
from bench.run import Run
from bench.wording import CASES, Wanted

RATE = "peers"
SPENT = "spent"
MEMORY = "memory"
LARGEST = "list 200"
"""The case under which memory is watched."""
PATIENT = 5
"""Seconds of a stretch that takes the place of one that was too short."""
QUICK = ("get 1 job", LARGEST)


def run(run: Run, field: Field) -> None:
    """Rates, processor time a request, and memory."""
    sheet = run.sheet
    for there in field.started:
        sheet.add((MEMORY, there.name, "idle"), "B", there.process.resident())
    for name, problem in field.unfit.items():
        for case in CASES:
            sheet.fail((RATE, name, case), problem)
    for turn in run.rounds("peers"):
        for case in QUICK if run.setting.quick else CASES:
            for there in turned(field.started, turn):
                found = measured(there, there.contender.wanted(CASES[case]), run.setting)
                _note(sheet, there.name, case, found)


def _note(sheet: Sheet, name: str, case: str, found: Loaded) -> None:
    noted(sheet, (RATE, name, case), found)
    place = (SPENT, name, case)
    if found.problem:
        sheet.fail(place, found.problem)
        return
    sheet.add(place, "s", found.cpu)
    if case == LARGEST:
        sheet.add((MEMORY, name, f"under load ({LARGEST})"), "B", found.resident)


def noted(sheet: Sheet, place: tuple[str, str, str], found: Loaded) -> None:
    """Note a rate, or why there is none."""
    if found.problem:
        sheet.fail(place, found.problem)
    else:
        sheet.add(place, "/s", found.rate, busy=found.busy)


def measured(there: Started, request: Wanted, setting: Setting) -> Loaded:
    """A stretch of load after a warm-up that does not count."""
    if setting.warm_up:
        load(there.port, request, there.process, seconds=setting.warm_up, connections=setting.connections)
    found = load(there.port, request, there.process, seconds=setting.seconds, connections=setting.connections)
    if setting.quick and not found.rate:  # on a machine that is busy, so short a stretch may be none at all
        return load(there.port, request, there.process, seconds=PATIENT, connections=setting.connections)
    return found


def turned(items: Sequence[Started], by: int) -> list[Started]:
    """The same, beginning with another one each round, so that nobody always comes after the same one."""
    start = by % len(items)
    return [*items[start:], *items[:start]]
