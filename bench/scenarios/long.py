"""A list of 10,000 jobs for a caller that cannot page, over backends that only page and take 5 ms for each."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from bench.asking import ask
from bench.backends import canned
from bench.contenders import Started, gateway, started
from bench.figures import Sheet
from bench.gateways import Settings, prefix_of
from bench.processes import StartError
from bench.run import Run
from bench.steady import Waited, steady
from bench.walks import Walk, WalkError, Walking, page_after_page, whole
from bench.wording import BACKEND, CALLER, CASES, MANY, SCOPE, Wanted, wanted
from jobgateway.translation.hub import ListJobs

TABLE = "long"
WAITS = "lag"
UNPAGED = "openreplay-v1"
"""The dialect of the caller who cannot page."""
PAGED = ("explorer", "openreplay-v2")
LATENCY = 0.005
NEAR = f"{BACKEND}_near"
"""The backend of the other caller, without latency."""
OTHERS = 200
"""Requests a second of the other caller."""


def run(run: Run) -> None:
    """Seconds, memory, and what others wait meanwhile; a gateway of its own for each round."""
    with ExitStack() as stack:
        for name in PAGED[:1] if run.setting.quick else PAGED:
            slow = stack.enter_context(canned(name, jobs=MANY, latency=LATENCY)).port
            page_after_page(slow, name)  # the backend makes its answers when they are first asked for
            for _ in run.rounds(f"long list, {name}"):
                _round(name, {name: slow, NEAR: run.backend.port}, run)


def _round(name: str, backends: Mapping[str, int], run: Run) -> None:
    row = f"{UNPAGED} over {name}"
    settings = Settings(routes=((UNPAGED, name), (CALLER, NEAR)))
    request = wanted(UNPAGED, ListJobs(SCOPE), prefix=prefix_of(UNPAGED, name))
    other = wanted(CALLER, CASES["get 1 job"], prefix=prefix_of(CALLER, NEAR))
    try:
        with started(gateway("jobgateway", settings, backends=backends), 0) as there:
            _walk(there, request, page_after_page(backends[name], name), row, run.sheet)
            _wait(there, request, other, row, run)
    except (WalkError, StartError, OSError) as error:
        run.tell(f"{row}: {error}")
        for place in ((TABLE, row, "gateway"), (WAITS, row, "longest wait meanwhile")):
            run.sheet.fail(place, "the list did not come as a whole, or nobody was there")


def _walk(there: Started, request: Wanted, pages: Walk, row: str, sheet: Sheet) -> None:
    """The first walk of a fresh process shows what it takes of memory, the second how long one takes."""
    ask(there.port, Wanted("/warm-up", request.header))
    before = there.process.resident()
    there.process.forget_peak()
    first = whole(there.port, request, UNPAGED)
    grown = there.process.peak() - before
    second = whole(there.port, request, UNPAGED)
    if not first.jobs == second.jobs == pages.jobs == MANY:
        raise WalkError(f"{first.jobs}, {second.jobs} and {pages.jobs} jobs instead of {MANY}")
    sheet.add((TABLE, row, "gateway"), "s", second.seconds)
    sheet.add((TABLE, row, "page after page"), "s", pages.seconds)
    sheet.add((TABLE, row, "times as fast"), "", pages.seconds / second.seconds)
    sheet.add((TABLE, row, "answer"), "B", first.size)
    sheet.add((TABLE, row, "memory grows by"), "B", grown)
    sheet.add((TABLE, row, "answers' worth"), "", grown / first.size)


def _wait(there: Started, request: Wanted, other: Wanted, row: str, run: Run) -> None:
    """What another caller waits, before and meanwhile; its requests leave when they are due."""

    def waits() -> Waited:
        return steady(there.port, other, rate=OTHERS, seconds=run.setting.seconds, connections=run.setting.connections)

    alone = waits()
    with Walking(there.port, request) as walking:
        meanwhile = waits()
    if walking.problem or not walking.count or alone.errors or meanwhile.errors:
        raise WalkError(walking.problem or f"{alone.errors + meanwhile.errors} errors, {walking.count} walks")
    run.sheet.add((WAITS, row, "p50 alone"), "s", alone.quantile(0.5))
    run.sheet.add((WAITS, row, "longest alone"), "s", max(alone.seconds))
    run.sheet.add((WAITS, row, "p50 meanwhile"), "s", meanwhile.quantile(0.5))
    run.sheet.add((WAITS, row, "p99 meanwhile"), "s", meanwhile.quantile(0.99))
    run.sheet.add((WAITS, row, "longest wait meanwhile"), "s", max(meanwhile.seconds))
