"""What a request costs where two workers share the callers, beside one that has them all."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

import msgspec

from bench.contenders import gateway, started
from bench.figures import Setting
from bench.gateways import Settings
from bench.run import Run
from bench.scenarios.peers import measured
from bench.wording import CALLER, CASES, wanted

TABLE: Final = "workers"
KEPT: Final = wanted(CALLER, CASES["get 1 job"])
CONNECTIONS: Final = {"kept connections": KEPT, "a connection for each": msgspec.structs.replace(KEPT, last=True)}
COUNTS: Final = {"one worker": 1, "two workers": 2}


def _shared(setting: Setting, workers: int) -> Setting:
    """As many connections for each worker."""
    return msgspec.structs.replace(setting, connections=setting.connections * workers)


def run(run: Run) -> None:
    """Processor time a request, of all processes; they share the core of who is measured."""
    with ExitStack() as stack:
        there = [
            stack.enter_context(started(gateway(name, Settings(workers=count)), run.backend.port))
            for name, count in COUNTS.items()
        ]
        for turn in run.rounds("workers"):
            for column, request in CONNECTIONS.items():
                for each in there if turn % 2 else there[::-1]:
                    found = measured(each, request, _shared(run.setting, COUNTS[each.name]))
                    place = (TABLE, each.name, column)
                    if found.problem:
                        run.sheet.fail(place, found.problem)
                    else:
                        run.sheet.add(place, "s", found.cpu)
