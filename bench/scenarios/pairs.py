"""All pairs of dialects, one gateway: what each translation costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from itertools import product

from bench.asking import ask
from bench.backends import canned
from bench.contenders import Started, gateway, started
from bench.gateways import Settings, prefix_of
from bench.run import Run
from bench.scenarios.peers import measured, noted
from bench.wording import CASES, FEW, Wanted, can_page, wanted
from jobgateway.config.specs import shipped_dialects

TABLE = "pairs"
NAMES = sorted(shipped_dialects(), reverse=True)
PAIRS = tuple(product(NAMES, NAMES))
QUICK = ("list 200",)
"""All that is measured where figures do not matter."""


def run(run: Run) -> None:
    """Rates of every pair; a caller that cannot page gets the whole list whatever it wants."""
    with _everyone() as there:
        requests = dict(_requests(QUICK if run.setting.quick else tuple(CASES)))
        for place, request in requests.items():
            if (status := ask(there.port, request).status) != HTTPStatus.OK:
                run.sheet.fail(place, f"answered with {status}")
        for _ in run.rounds("pairs"):
            for place, request in requests.items():
                noted(run.sheet, place, measured(there, request, run.setting))


@contextmanager
def _everyone() -> Iterator[Started]:
    """A gateway with a route for each pair, and a backend in each dialect that holds few jobs."""
    with ExitStack() as stack:
        backends = {name: stack.enter_context(canned(name, jobs=FEW)).port for name in shipped_dialects()}
        contender = gateway("jobgateway", Settings(routes=PAIRS), backends=backends)
        yield stack.enter_context(started(contender, 0))


def _requests(cases: tuple[str, ...]) -> Iterator[tuple[tuple[str, str, str], Wanted]]:
    for (caller, backend), case in product(PAIRS, cases):
        if case == "list 50" and not can_page(caller):
            continue
        place = (TABLE, f"{caller} over {backend}", case)
        yield place, wanted(caller, CASES[case], prefix=prefix_of(caller, backend))
