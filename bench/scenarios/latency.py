"""Waiting at half of the rate that each can bear, requests leaving when they are due."""

from __future__ import annotations

from bench.contenders import Started
from bench.field import Field
from bench.figures import Setting, Sheet
from bench.run import Run
from bench.scenarios.peers import measured, turned
from bench.steady import Waited, steady
from bench.wording import CASES, Wanted

TABLE = "latency"
MEASURED = ("get 1 job", "list 50")
FASTEST = 8000
"""Requests a second that the load can keep up with beside the backend; nobody is asked more often."""


def run(run: Run, field: Field) -> None:
    """Median and 99th percentile of everyone, and of the backend itself as what the measurement costs."""
    setting = run.setting
    everyone = (*(field.started[:1] if setting.quick else field.started), field.backend)
    cases = MEASURED[:1] if setting.quick else MEASURED
    rates = {(there.name, case): _half(there, case, setting) for there in everyone for case in cases}
    for turn in run.rounds("latency"):
        for case in cases:
            for there in turned(everyone, turn):
                rate, request = rates[there.name, case], _request(there, case)
                many = 2 * setting.connections
                waited = steady(there.port, request, rate=rate, seconds=setting.seconds, connections=many)
                _note(run.sheet, there.name, case, rate, waited)


def _half(there: Started, case: str, setting: Setting) -> float:
    """Half of the peak, or what the load can do."""
    return max(1.0, min(measured(there, _request(there, case), setting).rate / 2, FASTEST))


def _request(there: Started, case: str) -> Wanted:
    return there.contender.wanted(CASES[case])


def _note(sheet: Sheet, name: str, case: str, rate: float, waited: Waited) -> None:
    columns = {"p50": 0.5, "p99": 0.99}
    if waited.errors:
        for column in columns:
            sheet.fail((TABLE, name, f"{case}: {column}"), f"{waited.errors} errors")
        return
    sheet.add((TABLE, name, f"{case}: asked"), "/s", rate)
    for column, share in columns.items():
        sheet.add((TABLE, name, f"{case}: {column}"), "s", waited.quantile(share))
