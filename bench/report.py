"""Figures as tables for people.

``python -m bench.report FILE.json`` prints the tables of a run that was kept;
``python -m bench.report FILE.json DOCUMENT...`` puts them into documents, between ``<!-- bench: NAME -->``
(``<!-- bench -->``: all of them, and the machine) and ``<!-- end -->``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from bench.figures import Figure, Results

MARKED: Final = re.compile(r"(<!-- bench(?:: (\w+))? -->\n)(?:.*\n)*?(<!-- end -->)")
_IDLE: Final = 0.1
"""From this share of unused processor on, a rate is said not to be its owner's limit."""
_MEGA: Final = 1024 * 1024
_SECONDS: Final = ((1.0, "s"), (1e3, "ms"), (1e6, "µs"))
_DIGITS: Final = 3


class Table(Struct, frozen=True):
    """How the figures of one name are shown."""

    title: str
    note: str
    head: str
    reference: str = ""
    """The row that the others are compared with."""
    compared: Callable[[float, float], str] = lambda _figure, _reference: ""
    """What to say of a figure beside the reference's."""


def _times(figure: float, reference: float) -> str:
    return f" (x{reference / figure:.2f})"


def _more(figure: float, reference: float) -> str:
    return f" ({figure / reference - 1:+.0%})"


GATEWAY: Final = "jobgateway"
USUAL: Final = "as compared with peers"
TABLES: Final[dict[str, Table]] = {
    "peers": Table(
        "Requests a second",
        "In brackets: the gateway's rate as a multiple of this one. `*`: its core was not busy, the load or the "
        "backend was the limit.",
        "openreplay-v2 caller over explorer backend",
        GATEWAY,
        _times,
    ),
    "spent": Table(
        "Processor time a request",
        "From the same stretches of load, user and system time. In brackets: beside the gateway's.",
        "openreplay-v2 caller over explorer backend",
        GATEWAY,
        _more,
    ),
    "memory": Table("Memory", "Resident, children included.", "one worker"),
    "latency": Table(
        "Waiting at half of the peak",
        "Requests leave when they are due and wait from then. The last row is what backend and measurement take.",
        "openreplay-v2 caller over explorer backend",
    ),
    "pairs": Table(
        "All pairs",
        "Backends with 200 jobs. A v1 caller cannot page: it always gets all of them.",
        "requests a second, caller over backend",
    ),
    "long": Table(
        "A list of 10,000 jobs for a caller that cannot page",
        "The backend takes 5 ms for each page. `page after page`: what a caller of the backend itself waits.",
        "caller over backend",
    ),
    "lag": Table(
        "What others wait meanwhile",
        "Another caller's `get 1 job` over another backend, 200 a second, while such lists are read one after another.",
        "while this pair is busy",
    ),
    "costs": Table("What its duties cost", "In brackets: beside the usual way.", "requests a second", USUAL, _more),
    "workers": Table(
        "Workers",
        "Processor time of a `get 1 job`, over all processes, which share the core. In brackets: beside one worker.",
        "openreplay-v2 caller over explorer backend",
        "one worker",
        _more,
    ),
    "cold": Table("Cold start", "From the start of the process to its first answer.", "who"),
}


def tables(results: Results) -> str:
    """The machine and every table that there are figures for."""
    parts = [facts(results)]
    for name, table in TABLES.items():
        if body := rows(results, name):
            parts.append(f"**{table.title}.** {table.note}\n\n{body}")
    parts += [f"Not measured: {name}: {why}." for name, why in results.skipped.items()]
    parts += [f"No figure: {problem}." for problem in results.problems()]
    return "\n\n".join(parts)


def facts(results: Results) -> str:
    """What the figures depend on, in a sentence."""
    machine, setting = results.machine, results.setting
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    pinned = "one for who is measured, one for load and backend" if machine["pinned"] else "nobody kept to one of them"
    others = "" if machine["others"] is None else f" Others kept {machine['others']} cores busy meanwhile."
    quick = "A quick run, whose figures say nothing. " if setting.quick else ""
    return (
        f"{quick}{results.day}, {machine['cpu']}, {machine['cores']} cores ({pinned}), {machine['system']} "
        f"{machine['kernel']}.{others} Medians of {setting.rounds} rounds of "
        f"{setting.seconds:g} s, {setting.connections} connections; ± is half of the distance between least and "
        f"largest. Python {machine['python']}, {versions}."
    )


def rows(results: Results, name: str) -> str:
    """One table; empty where there are no figures."""
    figures = {(each.row, each.column): each for each in results.figures if each.table == name}
    if not figures:
        return ""
    columns = list(dict.fromkeys(column for _, column in figures))
    lines = [[TABLES[name].head, *columns], ["---", *["---:"] * len(columns)]]
    lines += [
        [row, *(_cell(TABLES[name], figures, row, column) for column in columns)]
        for row in dict.fromkeys(row for row, _ in figures)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(table: Table, figures: dict[tuple[str, str], Figure], row: str, column: str) -> str:
    figure = figures.get((row, column))
    if figure is None:
        return "-"
    if figure.problem:
        return "none"
    text = quantity(figure.median, figure.unit)
    if len(figure.values) > 1:
        text += f" ±{figure.spread:.0%}"
    if figure.idle > _IDLE and figure.unit == "/s":
        text += "*"
    reference = figures.get((table.reference, column))
    if reference is None or reference.problem or row == table.reference or not (figure.median and reference.median):
        return text
    return text + table.compared(figure.median, reference.median)


def quantity(value: float, unit: str) -> str:
    """A number with its unit, as exact as it deserves."""
    if unit == "s":
        factor, word = next((each for each in _SECONDS if value * each[0] >= 1), _SECONDS[-1])
        return f"{_three(value * factor)} {word}"
    if unit == "B":
        return f"{_three(value / _MEGA)} MiB"
    return f"{value:,.0f}" if unit == "/s" else _three(value)


def _three(value: float) -> str:
    """Three digits, or all before the point."""
    before = len(str(int(abs(value))))
    return f"{value:,.{max(0, _DIGITS - before)}f}"


def renewed(text: str, results: Results) -> str:
    """A document with its tables from a run. A table without figures keeps what stands there."""

    def made(found: re.Match[str]) -> str:
        body = rows(results, found[2]) if found[2] else tables(results)
        return f"{found[1]}{body}\n{found[3]}" if body else found[0]

    return MARKED.sub(made, text)


def read(path: Path) -> Results:
    """A run that was kept."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or put them into documents."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("results", type=Path)
    parser.add_argument("documents", type=Path, nargs="*")
    options = parser.parse_args(arguments)
    results = read(options.results)
    if not options.documents:
        sys.stdout.write(f"{tables(results)}\n")
    for document in options.documents:
        text = document.read_text(encoding="utf-8")
        document.write_text(renewed(text, results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
