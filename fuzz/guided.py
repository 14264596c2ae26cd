"""The process that fuzzes: libFuzzer, guided by what atheris sees of the gateway's code. Ends without a goodbye."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from fuzz.findings import Findings
from fuzz.mutator import Mutator
from fuzz.target import Target, target


def main(name: str, folder: str, *flags: str) -> None:
    """Fuzz a target with libFuzzer's own flags; ``folder``: where inputs are kept for which something does not hold."""
    atheris: Any = import_module("atheris")  # it has no types, and need not be installed where this is checked
    with atheris.instrument_imports(include=["jobgateway"]):
        wanted = target(name)
        for seed in wanted.seeds():  # loads what is loaded late
            _tried(wanted, seed)
    findings = Findings(name, Path(folder))

    def once(data: bytes) -> None:
        error = _tried(wanted, data)
        if error is not None:
            findings.keep(data, error)

    def native(data: bytes, largest: int) -> bytes:
        bent: bytes = atheris.Mutate(data, largest)  # another function once the fuzzer runs
        return bent

    mutator = Mutator(wanted.words, native)
    atheris.Setup([sys.argv[0], *flags], once, custom_mutator=mutator, custom_crossover=mutator.cross)
    atheris.Fuzz()


def _tried(wanted: Target, data: bytes) -> Exception | None:
    try:
        wanted.check(data)
    except Exception as error:  # noqa: BLE001, whatever it is, it is a finding
        return error
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
