"""``python -m bench.strictness``: malformed requests to the gateway, nginx, HAProxy, Envoy and parsers, as tables."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench import machine
from bench.strictness import parsers, tables
from bench.strictness.campaign import Results, agreements, parsed, strictness
from bench.strictness.cases import Suite, malformed, well_formed
from bench.strictness.smuggling import smuggling
from bench.strictness.stands import ANCHORS

PARTS = ("strictness", "agreement", "parsers")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what this machine can, and say what it cannot. 1: somebody and the gateway disagree."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # an exception, so that what was started is stopped
    hostile = malformed()
    served, valid = well_formed()
    suites = (*hostile, served, valid, smuggling())
    anchors = [each for each in ANCHORS if not each.missing()]
    kinds = [each for each in parsers.KINDS if not each.missing()]
    skipped = _skipped(suites)
    for name, reason in skipped.items():
        _tell(f"skipped {name}: {reason}")
    results = Results(
        datetime.now(UTC).date().isoformat(),
        machine.facts(),
        skipped,
        {suite.title: len(suite.cases) for suite in suites},
        tuple(strictness(anchors, hostile, _tell)) if "strictness" in options.parts else (),
        tuple(agreements(anchors, suites, _tell)) if "agreement" in options.parts else (),
        parsed(kinds, (*hostile, served)) if "parsers" in options.parts else (),
    )
    print(tables.tables(results))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    return 1 if any(each.disagreed for each in results.compared) else 0


def _skipped(suites: Sequence[Suite]) -> dict[str, str]:
    who = {each.name: each.missing() for each in (*ANCHORS, *parsers.KINDS)}
    what = {suite.title: suite.skipped for suite in suites}
    return {name: reason for name, reason in (who | what).items() if reason}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.strictness", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; else all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the names of all cases there")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options.parts = options.parts or list(PARTS)
    return options


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
