"""A whole run: everybody in parallel, each asked one case after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from bench.contenders import Contender
from bench.processes import StartError
from bench.strictness import parsers
from bench.strictness.cases import Suite
from bench.strictness.stands import GATEWAY, Outcome, stand
from bench.strictness.verdicts import Agreement, Verdict, agreement, counted, verdict

Outcomes = dict[str, dict[str, Outcome]]
"""By the suite's title and the case's name."""
KINDS = ("alike", "refused", "mended", "waiting", "disagreed")
FIELDS = ("accepted", "contacted", "mismatched", "waiting")


class Judged(Struct, frozen=True):
    """How strict somebody is with one suite."""

    who: str
    suite: str
    asked: int
    accepted: list[str]
    """Names of cases, as in all lists here."""
    contacted: list[str]
    mismatched: list[str]
    waiting: list[str]


class Compared(Struct, frozen=True):
    """How the gateway behind somebody agrees with the gateway alone over one suite."""

    who: str
    suite: str
    asked: int
    alike: int
    refused: int
    mended: list[str]
    waiting: list[str]
    disagreed: dict[str, str]
    """And why."""


class Parsed(Struct, frozen=True):
    """How strict and how fast a parser is."""

    who: str
    rate: float
    """Requests a second."""
    bounds: bool
    """Whether it refuses a head without an end."""
    taken: dict[str, list[str]]
    """By suite."""
    taken_clean: dict[str, list[str]]
    """Those among them that the checks behind the parser have nothing against."""


class Results(Struct, frozen=True):
    """A whole run."""

    day: str
    machine: dict[str, Any]
    skipped: dict[str, str]
    asked: dict[str, int]
    """How many cases each suite has."""
    judged: tuple[Judged, ...]
    compared: tuple[Compared, ...]
    parsed: tuple[Parsed, ...]


async def replayed(chain: Sequence[Contender], suites: Iterable[Suite], tell: Callable[[str], None]) -> Outcomes:
    """What comes of all cases before somebody; nothing where it does not start."""
    found: Outcomes = {}
    try:
        async with stand(chain) as there:
            for number, suite in enumerate(suites):
                outcomes = found.setdefault(suite.title, {})
                for each, case in enumerate(suite.cases):
                    outcomes[case.name] = await there.replay(case, number * 10_000 + each)
    except (StartError, OSError) as error:
        tell(f"{' before '.join(one.name for one in chain)}: {error}")
        return {}
    return found


async def all_replayed(
    chains: Sequence[Sequence[Contender]], suites: Sequence[Suite], tell: Callable[[str], None]
) -> dict[str, Outcomes]:
    """The same for several, side by side, by the name of the first of each."""
    found = await asyncio.gather(*(replayed(chain, suites, tell) for chain in chains))
    return {chain[0].name: each for chain, each in zip(chains, found, strict=True) if each}


def judged(who: str, outcomes: Outcomes, suites: Iterable[Suite]) -> list[Judged]:
    """How strict somebody is with each suite."""
    found = []
    for suite in suites:
        of = outcomes[suite.title]
        verdicts: dict[str, Verdict] = {case.name: verdict((who,), case, of[case.name]) for case in suite.cases}
        lists = {field: counted(verdicts, field) for field in FIELDS}
        found.append(Judged(who, suite.title, len(suite.cases), **lists))
    return found


def compared(who: str, direct: Outcomes, through: Outcomes, suites: Iterable[Suite]) -> list[Compared]:
    """How the gateway behind somebody agrees with the gateway alone over each suite."""
    found = []
    for suite in suites:
        alone, behind = direct[suite.title], through[suite.title]
        kinds: dict[str, Agreement] = {name: agreement(alone[name], behind[name]) for name in alone}
        of_kind = {kind: [name for name, each in kinds.items() if each.kind == kind] for kind in KINDS}
        disagreed = {name: kinds[name].why for name in of_kind["disagreed"]}
        counts = len(suite.cases), len(of_kind["alike"]), len(of_kind["refused"])
        found.append(Compared(who, suite.title, *counts, of_kind["mended"], of_kind["waiting"], disagreed))
    return found


def parsed(kinds: Sequence[parsers.Kind], suites: Sequence[Suite]) -> tuple[Parsed, ...]:
    """How strict and how fast parsers are."""
    rates = parsers.rates(kinds)
    found = []
    for kind in kinds:
        reads = {suite.title: {case.name: parsers.first(kind, case) for case in suite.cases} for suite in suites}
        taken = {title: [name for name, read in each.items() if read] for title, each in reads.items()}
        tidy = {
            title: [name for name, read in each.items() if read and parsers.clean(read)]
            for title, each in reads.items()
        }
        found.append(Parsed(kind.label(), rates[kind.name], parsers.bounds(kind), taken, tidy))
    return tuple(found)


def strictness(anchors: Sequence[Contender], suites: Sequence[Suite], tell: Callable[[str], None]) -> list[Judged]:
    """The gateway and the anchors, each before a plain backend."""
    found = asyncio.run(all_replayed([[GATEWAY], *([anchor] for anchor in anchors)], suites, tell))
    return [each for who, outcomes in found.items() for each in judged(who, outcomes, suites)]


def agreements(anchors: Sequence[Contender], suites: Sequence[Suite], tell: Callable[[str], None]) -> list[Compared]:
    """The gateway alone, and behind each of the anchors."""
    found = asyncio.run(all_replayed([[GATEWAY], *([anchor, GATEWAY] for anchor in anchors)], suites, tell))
    direct = found.pop(GATEWAY.name, {})
    return [each for who, through in found.items() for each in compared(who, direct, through, suites) if direct]
