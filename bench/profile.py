"""Where the gateway's own time goes for one kind of request, in this process, without sockets.

``python -m bench.profile`` prints the least and the median time of each layer, ``--profile`` also where it is spent.
To compare a change: ``--save before.json``, change, ``--against before.json``.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from msgspec import Struct

from bench.inside import Inside
from bench.wording import BACKEND, CALLER, CASES
from jobgateway.config.specs import shipped_dialects

TOP: Final = 30
"""Functions that are listed."""
BATCH: Final = 20
"""Repeats of one layer before the next has its turn, so that all see the same noise."""
MICRO: Final = 1e6


class Timed(Struct, frozen=True):
    """A layer's time, in microseconds. The least is what noise disturbs least."""

    least: float
    median: float


Times = dict[str, dict[str, Timed]]
"""By case, then by layer."""


async def measure(inside: Inside, repeat: int) -> dict[str, Timed]:
    """The time of each layer."""
    layers = await inside.layers()
    times: dict[str, list[float]] = {name: [] for name in layers}
    for _ in range(max(1, repeat // BATCH)):
        for name, layer in layers.items():
            for _ in range(BATCH):
                began = time.perf_counter()
                await layer()
                times[name].append((time.perf_counter() - began) * MICRO)
    return {name: Timed(round(min(each), 1), round(statistics.median(each), 1)) for name, each in times.items()}


async def profiled(inside: Inside, repeat: int) -> None:
    """Print where the edge's time is spent."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(repeat):
        await inside.edge()
    profiler.disable()
    pstats.Stats(profiler, stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(TOP)


async def run(options: argparse.Namespace, before: Times) -> Times:
    """Measure every case that is asked for, and print each as it comes."""
    found: Times = {}
    for case in options.cases:
        inside = Inside(options.caller, options.backend, case)
        key = f"{options.caller} over {options.backend}, {case}"
        found[key] = await measure(inside, options.repeat)
        for layer, timed in found[key].items():
            print(f"{key}: {layer:11} {told(timed, before.get(key, {}).get(layer))}")
        if options.profile:
            await profiled(inside, options.repeat)
    return found


def told(timed: Timed, before: Timed | None) -> str:
    """A time, beside what it was."""
    text = f"least {timed.least:7.1f} µs, median {timed.median:7.1f} µs"
    if before is None:
        return text
    return f"{text} ({timed.least / before.least - 1:+.1%}, {timed.median / before.median - 1:+.1%})"


def main(arguments: list[str] | None = None) -> int:
    """Measure, and keep or compare where that is wanted."""
    options = _options(arguments)
    before = msgspec.json.decode(options.against.read_bytes(), type=Times) if options.against else {}
    found = uvloop.run(run(options, before))
    if options.save:
        options.save.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    dialects = sorted(shipped_dialects())
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; else all")
    parser.add_argument("--caller", choices=dialects, default=CALLER)
    parser.add_argument("--backend", choices=dialects, default=BACKEND)
    parser.add_argument("--repeat", type=int, default=2000)
    parser.add_argument("--profile", action="store_true", help="also list the functions that take most time")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the times")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with times that were kept")
    options = parser.parse_args(arguments)
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    options.cases = options.cases or list(CASES)
    return options


if __name__ == "__main__":
    sys.exit(main())
