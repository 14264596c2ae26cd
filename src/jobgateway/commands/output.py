"""What commands print: data on standard output, diagnostics on standard error, never coloured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def format_option(*names: str) -> Callable[[Any], Any]:
    """The option ``--format``, given to the command as ``form`` where there is a choice; the first is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        expose_value=len(names) > 1,
        help="How to print the data.",
    )


def note(*lines: str) -> None:
    """Print lines for people on standard error."""
    for line in lines:
        click.echo(line, err=True)


def print_json(data: Any) -> None:
    """Print plain data as JSON, indented, in ASCII."""
    click.echo(json.dumps(data, indent=2))


def columns(rows: Iterable[Sequence[str]], indent: str = "") -> list[str]:
    """Lines with the cells of each row under one another."""
    kept = list(rows)
    widths = [max(map(len, cells)) for cells in zip(*kept, strict=True)]
    return [indent + "  ".join(map(str.ljust, row, widths)).rstrip() for row in kept]


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table; an empty cell is a dash."""
    kept = [[cell.replace("|", "\\|") or "-" for cell in row] for row in rows]
    return [_row(heads), _row(["---"] * len(heads)), *map(_row, kept)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
