"""What the gateway's own duties cost: knowing its callers, being scraped, keeping an access log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from msgspec import Struct

from bench.backends import canned
from bench.contenders import Contender, Started, gateway, started
from bench.figures import Setting, Sheet
from bench.gateways import Settings
from bench.processes import free_port
from bench.scenarios.peers import measured, noted
from bench.scraping import Scraper
from bench.wording import BACKEND, CASES, MANY

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


def run(setting: Setting, sheet: Sheet, tell: Callable[[str], None]) -> None:
    """Rates of the gateway in each way."""
    with ExitStack() as stack:
        backend = stack.enter_context(canned(BACKEND, jobs=MANY))
        there = [(way, stack.enter_context(started(way.contender, backend.port))) for way in ways()]
        for turn in range(setting.rounds):
            tell(f"costs: round {turn + 1} of {setting.rounds}")
            for case in MEASURED[-1:] if setting.quick else MEASURED:
                for way, each in there[turn % len(there) :] + there[: turn % len(there)]:
                    _measure(way, each, case, setting, sheet)


def _measure(way: Way, there: Started, case: str, setting: Setting, sheet: Sheet) -> None:
    place, request = (TABLE, there.name, case), there.contender.wanted(CASES[case])
    if way.admin is None:
        noted(sheet, place, measured(there, request, setting))
        return
    with Scraper(way.admin) as scraper:
        noted(sheet, place, measured(there, request, setting))
    if scraper.problem:
        sheet.fail(place, scraper.problem)
