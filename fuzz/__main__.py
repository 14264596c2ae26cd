"""``python -m fuzz TARGET``: a campaign for some time, or one input played again."""

from __future__ import annotations

import argparse
import secrets
import sys
from importlib.util import find_spec
from pathlib import Path

from fuzz import campaign
from fuzz.target import NAMES, target


def main() -> int:
    """Fuzz, or play one input again. 1: something does not hold. 2: atheris is not there."""
    options = _options()
    if options.replay is not None:
        target(options.target).check(options.replay.read_bytes())
        print("holds")
        return 0
    if find_spec("atheris") is None:
        print("atheris is not installed, which guides the campaigns: pip install -e '.[fuzz]'", file=sys.stderr)
        return 2
    print(f"{options.target}: {options.seconds} s, seed {options.seed}", flush=True)
    figures = campaign.run(campaign.Campaign(options.target, options.seconds, options.seed, options.runs))
    print(f"{options.target}: {figures}")
    return 0 if figures.ended_well and not figures.found else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", metavar="TARGET", choices=NAMES, help=f"of {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=int, default=60, help="how long it takes at most")
    parser.add_argument("--runs", type=int, default=-1, help="how many inputs it takes at most")
    parser.add_argument(
        "--seed", type=int, default=1 + secrets.randbelow(2**31 - 1), help="the same one brings the same inputs"
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play this input again instead")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
