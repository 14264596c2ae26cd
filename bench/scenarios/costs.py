"""What the gateway's own duties cost: knowing its callers, being scraped, keeping an access log."""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from itertools import product

from msgspec import Struct

from bench.asking import ask
from bench.contenders import Contender, Started, gateway, started
from bench.gateways import Settings
from bench.processes import free_port
from bench.run import Run
from bench.scenarios.peers import measured, noted
from bench.scraping import Scraper
from bench.wording import CASES

TABLE = "costs"
MEASURED = ("get 1 job", "list 50")
USUAL = "as compared with peers"


class Way(Struct, frozen=True):
    """A way to run the gateway."""

    contender: Contender
    admin: int | None = None
    """The port that is scraped."""


def ways() -> tuple[Way, ...]:
    """Each duty turned once, beginning with the usual way."""
    admin = free_port()
    return (
        Way(gateway(USUAL, Settings())),
        Way(gateway("without `callers`: secrets passed on", Settings(callers=False))),
        Way(gateway("metrics scraped every second", Settings(admin=admin)), admin),
        Way(gateway("with an access log, to a file", Settings(), access_log=True)),
    )


def run(run: Run) -> None:
    """Rates of the gateway in each way."""
    with ExitStack() as stack:
        there = [(way, stack.enter_context(started(way.contender, run.backend.port))) for way in ways()]
        for (_, each), case in product(there, MEASURED):
            answer = ask(each.port, each.contender.wanted(CASES[case]))
            if answer.status != HTTPStatus.OK:
                run.sheet.fail((TABLE, each.name, case), f"answered with {answer.status}")
        for turn in run.rounds("costs"):
            for case in MEASURED[:1] if run.setting.quick else MEASURED:
                for way, each in there[turn % len(there) :] + there[: turn % len(there)]:
                    _measure(way, each, case, run)


def _measure(way: Way, there: Started, case: str, run: Run) -> None:
    place, request = (TABLE, there.name, case), there.contender.wanted(CASES[case])
    if way.admin is None:
        noted(run.sheet, place, measured(there, request, run.setting))
        return
    with Scraper(way.admin) as scraper:
        noted(run.sheet, place, measured(there, request, run.setting))
    if scraper.problem:
        run.sheet.fail(place, scraper.problem)
