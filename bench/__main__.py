"""``python -m bench``: everything side by side on this machine, as tables and a JSON file."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import load, machine, report
from bench.backends import canned
from bench.contenders import CONTENDERS, GATEWAY, Contender
from bench.field import Field, UnfitError, field
from bench.figures import FULL, QUICK, Results, Setting, Sheet
from bench.others import Others
from bench.processes import StartError
from bench.run import Run
from bench.scenarios import cold, costs, latency, long, pairs, peers, workers
from bench.wording import BACKEND, MANY

SCENARIOS: Final = ("peers", "latency", "pairs", "long", "costs", "workers", "cold")


def main() -> int:
    """Run what this machine can, and say what it cannot. 1: a figure is missing that should be there."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # an exception, so that what was started is stopped
    if reason := load.missing():
        _tell(f"nothing can be measured: {reason}")
        return 2
    facts, setting, chosen = machine.facts(), _setting(options), _chosen(options.contenders)
    skipped = {each.name: reason for each in chosen if (reason := each.missing())}
    for name, reason in skipped.items():
        _tell(f"skipped {name}: {reason}")
    contenders = tuple(each for each in chosen if each.name not in skipped)
    others = Others()
    with machine.loading(), canned(BACKEND, jobs=MANY) as backend:
        run = Run(setting, contenders, backend, Sheet(), _tell)
        _measure(run, options.scenarios)
    facts["others"] = others.cores()
    results = Results(datetime.now(UTC).date().isoformat(), setting, facts, skipped, run.sheet.figures())
    print(report.tables(results))
    _warn(results)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    return 1 if results.problems() else 0


def _measure(run: Run, scenarios: Sequence[str]) -> None:
    """Those that share the field first, then those that start servers of their own. One that fails ends no other."""
    together: dict[str, Callable[[Run, Field], None]] = {"peers": peers.run, "latency": latency.run}
    alone = {"pairs": pairs.run, "long": long.run, "costs": costs.run, "workers": workers.run, "cold": cold.run}
    wanted = [name for name in together if name in scenarios]
    if wanted:
        with _told(run, wanted), field(run) as there:
            for name in wanted:
                together[name](run, there)
    for name, measure in alone.items():
        if name in scenarios:
            with _told(run, [name]):
                measure(run)


@contextmanager
def _told(run: Run, scenarios: Sequence[str]) -> Iterator[None]:
    """Note a failure to start or to answer where the figures would be."""
    try:
        yield
    except (UnfitError, StartError, OSError) as error:
        run.tell(f"{', '.join(scenarios)}: {error}")
        for name in scenarios:
            run.sheet.fail((name, GATEWAY.name, "anything"), "does not start or does not answer rightly")


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


def _warn(results: Results) -> None:
    if results.setting.quick:
        return
    if not results.machine["pinned"]:
        _tell("this machine cannot keep processes to one of two cores: the figures compare less well")
    if (others := results.machine["others"] or 0.0) > machine.QUIET:
        _tell(f"others kept {others} cores busy meanwhile: these figures should not be quoted")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
