"""``python -m bench``: everything side by side on this machine, as a table and a JSON file."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from bench.load import Measured, load, missing
from bench.servers import KEY, SERVERS, Server, canned_backend, contender

CASES = {
    "get 1 job": "/public/bench/jobs/3451",
    "list 50": "/public/bench/jobs?limit=50&page=1",
    "list 200": "/public/bench/jobs?limit=200&page=1",
}
PASSED = {
    "get 1 job": "/api-open/v1/jobs/3451",
    "list 50": "/api-open/v1/jobs?pageSize=50&page=1",
    "list 200": "/api-open/v1/jobs?pageSize=200&page=1",
}
"""What those who hand requests on untouched are asked for: the backend's own bytes."""


def main() -> int:
    """Run what this machine can, and say what it cannot."""
    options = _options()
    if reason := missing():
        print(f"no load: {reason}", file=sys.stderr)
        return 1
    chosen = [server for server in SERVERS if not options.only or any(each in server.name for each in options.only)]
    for server in chosen:
        if reason := server.missing():
            print(f"skipped {server.name}: {reason}", file=sys.stderr)
    chosen = [server for server in chosen if server.missing() is None]
    found = measure(chosen, options)
    print(table(chosen, found))
    if options.json:
        Path(options.json).write_text(json.dumps({" | ".join(key): runs for key, runs in found.items()}, indent=1))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn")
    parser.add_argument("--seconds", type=float, default=3, help="how long each measurement takes")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", nargs="*", default=[], help="only servers whose name has one of these words")
    parser.add_argument("--json", help="a file for every single figure")
    return parser.parse_args()


def measure(servers: list[Server], options: argparse.Namespace) -> dict[tuple[str, str], list[float]]:
    """Rates by server and case. All servers run throughout; rounds go from one to the next."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with canned_backend("explorer", core=1) as backend:
        for _ in range(options.rounds):
            for server in servers:
                with contender(server, backend, core=0) as (port, _pid):
                    for case in CASES:
                        measured = _measure(server, port, case, options)
                        found[server.name, case].append(measured.rate)
                        if measured.errors:
                            print(f"{server.name}, {case}: {measured.errors} errors", file=sys.stderr)
    return found


def _measure(server: Server, port: int, case: str, options: argparse.Namespace) -> Measured:
    target = CASES[case] if server.translates else PASSED[case]
    header = f"Authorization: Bearer {KEY}"
    run = {"header": header, "connections": options.connections, "core": 1}
    load(port, target, seconds=1, **run)
    return load(port, target, seconds=options.seconds, **run)


def table(servers: list[Server], found: dict[tuple[str, str], list[float]]) -> str:
    """Medians, spread, and the gateway's ratio to each."""
    lines = ["| server | " + " | ".join(CASES) + " |", "|---|" + "---|" * len(CASES)]
    for server in servers:
        cells = []
        for case in CASES:
            runs = found[server.name, case]
            ours = statistics.median(found["jobgateway", case]) if ("jobgateway", case) in found else float("nan")
            median = statistics.median(runs)
            spread = (max(runs) - min(runs)) / median / 2
            cells.append(f"{median:,.0f}/s ±{spread:.0%} (gateway ×{ours / median:.2f})")
        lines.append(f"| {server.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
