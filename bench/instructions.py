"""How many of the processor's instructions a request takes, and in which functions.

``python -m bench.instructions [CASE ...]`` runs the gateway under valgrind's callgrind and asks it one request after
the other, a few times and many times; the difference is what requests take. The count repeats to half a percent
whatever else the machine does, and sees functions in C. It knows nothing of caches, nor of the system's share.
Functions of the interpreter have names where its debug symbols are installed (Debian: python3-dbg).
"""

from __future__ import annotations

import argparse
import http.client
import re
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from bench.asking import TIMEOUT, ask_on
from bench.backends import canned
from bench.contenders import GATEWAY, Contender, started
from bench.machine import program
from bench.wording import CALLER, CASES, MANY, wanted

FEW_TIMES: Final = 100
MANY_TIMES: Final = 500
TOP: Final = 20
"""Functions that are listed."""
_LINE: Final = re.compile(r"^ *([0-9,]+) \([^)]*\) +(.+)$", re.MULTILINE)
_TOTAL: Final = "PROGRAM TOTALS"


def functions(annotated: str) -> Counter[str]:
    """Instructions by function, itself alone, of what ``callgrind_annotate`` prints."""
    found: Counter[str] = Counter()
    for count, text in _LINE.findall(annotated):
        if text != _TOTAL:
            found[text.partition(" [")[0].rpartition(":")[2]] += int(count.replace(",", ""))
    return found


def spent(case: str, times: int, backend: int) -> Counter[str]:
    """What a process takes from its start to its end that is asked so many times.

    Raises ``OSError``, and ``ValueError`` where an answer is not a good one.
    """
    request = wanted(CALLER, CASES[case])
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts"
        with (
            started(_counted(counts), backend) as gateway,
            closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=TIMEOUT)) as connection,
        ):
            for _ in range(times):
                answer = ask_on(connection, request)
                if answer.status != HTTPStatus.OK:
                    raise ValueError(f"{case}: answered with {answer.status}")
        command = ["callgrind_annotate", "--threshold=100", str(counts)]
        return functions(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def per_request(case: str, backend: int) -> Counter[str]:
    """Instructions of one request, by function."""
    more = spent(case, MANY_TIMES, backend)
    more.subtract(spent(case, FEW_TIMES, backend))
    return Counter({name: count // (MANY_TIMES - FEW_TIMES) for name, count in more.items()})


def _counted(counts: Path) -> Contender:
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={counts}"]
    return replace(GATEWAY, command=lambda *where: [*valgrind, *GATEWAY.command(*where)])


def main(argv: list[str] | None = None) -> int:
    """Count, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.instructions", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; else all")
    parser.add_argument("--top", type=int, default=TOP, help="functions that are listed")
    options = parser.parse_args(argv)
    if program("valgrind") is None:
        print("valgrind is not installed (bench/install.sh)", file=sys.stderr)
        return 1
    with canned("explorer", jobs=MANY) as backend:
        for case in options.cases or CASES:
            found = per_request(case, backend.port)
            print(f"{case}: {found.total():,} instructions")
            for name, count in found.most_common(options.top):
                print(f"  {count:9,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
