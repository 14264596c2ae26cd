"""What an outcome comes to: what is wrong with it, and whether two parties understood the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from bench.strictness.cases import Case
from bench.strictness.stands import GATEWAY, Outcome

REFUSALS: Final = frozenset({400, 408, 413})
"""The gateway's statuses for what is no request; with any other it understood it."""
_GOOD: Final = range(200, 300)


class Verdict(Struct, frozen=True):
    """What is wrong with what became of a malformed request."""

    accepted: bool
    """The first answer was none that refuses."""
    contacted: bool
    """It was refused, and the backend was asked all the same."""
    mismatched: bool
    """An answer would be taken for another request's: one too many, or the sentinel's in another place."""
    waiting: bool
    """Neither answered nor ended in time."""


def verdict(names: tuple[str, ...], case: Case, outcome: Outcome) -> Verdict:
    """What is wrong; ``names``: who was asked, from the caller's side on."""
    said = outcome.talk
    if said.answers:
        status = said.answers[0].status
        accepted = status not in REFUSALS if names == (GATEWAY.name,) else status in _GOOD
    else:
        accepted = bool(said.rest and outcome.reached)  # an answer without a head, as HTTP/0.9 had it
    return Verdict(
        accepted, bool(outcome.reached) and not accepted, _mismatched(case.requests, outcome), waiting=not said.ended
    )


def _mismatched(requests: int, outcome: Outcome) -> bool:
    """Whether a caller who counts answers takes one for another's; ``requests``: how many the case was."""
    ids = [answer.id for answer in outcome.talk.answers]
    if len(ids) > requests + 1 or len(outcome.reached) > requests:
        return True
    if len(ids) == requests + 1:
        return ids[-1] != outcome.sentinel.id
    return outcome.sentinel.id in ids and not outcome.reached  # where it was, the case ended within the sentinel


class Agreement(Struct, frozen=True):
    """How what the gateway understood behind somebody compares with what it understands alone."""

    kind: str
    """``alike``; ``refused`` by who is before it, or behind that; ``mended``: refused alone, and nothing is wrong with
    what who is before it made of it; ``waiting``; ``disagreed``."""
    why: str = ""


def agreement(direct: Outcome, through: Outcome) -> Agreement:
    """Compare them.

    A request that the gateway took and nobody got an answer to is one that who is before it did not see.
    """
    taken = _taken(through)
    ids = [answer.id for answer in through.talk.answers]
    answered = [line.request_id for line in through.logged if line.status not in REFUSALS]
    if answered != [id_ for id_ in ids if id_ in answered]:
        return Agreement("disagreed", f"of {taken}, not all is answered")
    if through.sentinel.id in ids[:-1]:
        return Agreement("disagreed", "an answer behind the last")
    if _refused(through):
        return Agreement("refused")
    if _refused(direct) and taken:
        return Agreement("mended")
    if not direct.talk.ended or not through.talk.ended:
        return Agreement("waiting")
    mine, theirs = (taken, through.reached), (_taken(direct), direct.reached)
    return Agreement("alike") if mine == theirs else Agreement("disagreed", f"{theirs} alone, {mine} behind")


def _taken(outcome: Outcome) -> tuple[tuple[str | None, int], ...]:
    """What the gateway took for requests: operations and statuses."""
    return tuple((line.operation, line.status) for line in outcome.logged if line.status not in REFUSALS)


def _refused(outcome: Outcome) -> bool:
    """Whether the gateway refused something, or who is before it said something of its own or just ended."""
    own = [answer for answer in outcome.talk.answers if answer.id != outcome.sentinel.id]
    refused = any(line.status in REFUSALS for line in outcome.logged)
    return refused or len(own) > len(outcome.logged) or (outcome.talk.ended and not outcome.talk.answers)


def counted(verdicts: Mapping[str, Verdict], field: str) -> list[str]:
    """The names of the cases with something wrong."""
    return [name for name, each in verdicts.items() if getattr(each, field)]
