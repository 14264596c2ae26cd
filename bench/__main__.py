"""``python -m bench``: everything side by side on this machine, as tables and a JSON file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import load, machine, report
from bench.contenders import CONTENDERS, GATEWAY, Contender
from bench.field import UnfitError, field
from bench.figures import FULL, QUICK, Results, Setting, Sheet
from bench.processes import StartError
from bench.scenarios import cold, costs, latency, long, pairs, peers

SCENARIOS: Final = ("peers", "latency", "pairs", "long", "costs", "cold")


def main() -> int:
    """Run what this machine can, and say what it cannot. 1: a figure is missing that should be there."""
    options = _options()
    if reason := load.missing():
        _tell(f"nothing can be measured: {reason}")
        return 2
    setting = _setting(options)
    facts = machine.facts()
    _warn(facts, setting)
    try:
        with machine.loading():
            sheet, skipped = _measure(options, setting)
    except (UnfitError, StartError) as error:
        _tell(f"nothing can be measured: {error}")
        return 1
    results = Results(datetime.now(UTC).date().isoformat(), setting, facts, skipped, sheet.figures())
    print(report.tables(results))
    if options.json:
        text = msgspec.json.format(msgspec.json.encode(results), indent=1)
        options.json.write_bytes(text + b"\n")
    for problem in results.problems():
        _tell(f"no figure: {problem}")
    return 1 if results.problems() else 0


def _measure(options: argparse.Namespace, setting: Setting) -> tuple[Sheet, dict[str, str]]:
    sheet, skipped = Sheet(), {}
    contenders = _chosen(options.contenders)
    if {"peers", "latency"} & set(options.scenarios):
        with field(contenders) as everyone:
            skipped = everyone.skipped
            for name, reason in skipped.items():
                _tell(f"skipped {name}: {reason}")
            if "peers" in options.scenarios:
                peers.run(everyone, setting, sheet, _tell)
            if "latency" in options.scenarios:
                latency.run(everyone, setting, sheet, _tell)
    alone: dict[str, Callable[[], None]] = {
        "pairs": lambda: pairs.run(setting, sheet, _tell),
        "long": lambda: long.run(setting, sheet, _tell),
        "costs": lambda: costs.run(setting, sheet, _tell),
        "cold": lambda: cold.run(contenders, setting, sheet, _tell),
    }
    for name, run in alone.items():
        if name in options.scenarios:
            run()
    return sheet, skipped


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
