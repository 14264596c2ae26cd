"""``python -m bench``: everything side by side on this machine, as tables and a JSON file."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import load, machine, report
from bench.backends import canned
from bench.contenders import CONTENDERS, GATEWAY, Contender
from bench.field import Field, UnfitError, field
from bench.figures import FULL, QUICK, Results, Setting, Sheet
from bench.processes import StartError
from bench.run import Run
from bench.scenarios import cold, costs, latency, long, pairs, peers
from bench.wording import BACKEND, MANY

SCENARIOS: Final = ("peers", "latency", "pairs", "long", "costs", "cold")


def main() -> int:
    """Run what this machine can, and say what it cannot. 1: a figure is missing that should be there."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # an exception, so that what was started is stopped
    if reason := load.missing():
        _tell(f"nothing can be measured: {reason}")
        return 2
    facts, setting, chosen = machine.facts(), _setting(options), _chosen(options.contenders)
    _warn(facts, setting)
    skipped = {each.name: reason for each in chosen if (reason := each.missing())}
    for name, reason in skipped.items():
        _tell(f"skipped {name}: {reason}")
    contenders = tuple(each for each in chosen if each.name not in skipped)
    try:
        with machine.loading(), canned(BACKEND, jobs=MANY) as backend:
            run = Run(setting, contenders, backend, Sheet(), _tell)
            _measure(run, options.scenarios)
    except (UnfitError, StartError) as error:
        _tell(f"nothing can be measured: {error}")
        return 1
    results = Results(datetime.now(UTC).date().isoformat(), setting, facts, skipped, run.sheet.figures())
    print(report.tables(results))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    return 1 if results.problems() else 0


def _measure(run: Run, scenarios: Sequence[str]) -> None:
    """Those that share the field first, then those that start servers of their own."""
    together: dict[str, Callable[[Run, Field], None]] = {"peers": peers.run, "latency": latency.run}
    alone = {"pairs": pairs.run, "long": long.run, "costs": costs.run, "cold": cold.run}
    if together.keys() & set(scenarios):
        with field(run) as there:
            for name, scenario in together.items():
                if name in scenarios:
                    scenario(run, there)
    for name, measure in alone.items():
        if name in scenarios:
            measure(run)


def _chosen(words: Sequence[str]) -> list[Contender]:
    """The gateway, and those whose name has one of the words; without words, everyone."""
    return [each for each in CONTENDERS if each is GATEWAY or not words or any(word in each.name for word in words)]


def _setting(options: argparse.Namespace) -> Setting:
    setting = QUICK if options.quick else FULL
    given = {name: getattr(options, name) for name in ("rounds", "seconds", "connections")}
    return msgspec.structs.replace(setting, **{name: value for name, value in given.items() if value is not None})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; else all")
    parser.add_argument("--contenders", nargs="+", default=[], metavar="WORD", help="only those with it in their name")
    parser.add_argument("--rounds", type=int, help="how often each is measured, in turn")
    parser.add_argument("--seconds", type=float, help="how long each stretch of load is")
    parser.add_argument("--connections", type=int)
    parser.add_argument("--quick", action="store_true", help="show that everything works; the figures say nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every single figure there")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    options.scenarios = options.scenarios or list(SCENARIOS)
    return options


def _warn(facts: dict[str, object], setting: Setting) -> None:
    if setting.quick:
        return
    if not facts["pinned"]:
        _tell("this machine cannot keep processes to one of two cores: the figures compare less well")
    if float(str(facts["load_average"])) > machine.QUIET:
        _tell(f"others are at work here (load {facts['load_average']}): these figures should not be quoted")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
