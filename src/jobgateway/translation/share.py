"""How a list call is shared out: what the backend does, and what is done here with what it gives."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from jobgateway.translation.hub import ANYTHING, Abilities, Job, ListJobs, Operation, Order, Reason, Refusal, Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN_SCOPE: Final = Refusal(
    Reason.UNSUPPORTED, "this backend can neither be asked within a scope nor tell which scope a job belongs to"
)


class Arrangement(Enum):
    """What makes of the backend's order the caller's."""

    KEEP = "keep"
    REVERSE = "reverse"
    SORT = "sort"


class Share(Struct, frozen=True):
    """The parts of a list call. ``sent`` is what the backend evaluates, without a window."""

    sent: ListJobs
    wanted: Wanted = ANYTHING
    """The conditions that are evaluated here."""
    scope: str | None = None
    """The scope that jobs are compared with here, by their ``scope_field``."""
    scope_field: str = ""
    arrangement: Arrangement = Arrangement.KEEP
    order: Order | None = None
    """The caller's order."""

    @property
    def is_plain(self) -> bool:
        """Whether a window of the backend's list is one of the caller's."""
        return self.scope is None and self.wanted is ANYTHING and self.arrangement is Arrangement.KEEP

    @property
    def sifts(self) -> bool:
        """Whether some of the jobs that the backend gives may not be wanted."""
        return self.scope is not None or self.wanted is not ANYTHING

    def admits(self, job: Job) -> bool:
        """Whether a job is wanted."""
        if self.scope is not None and not is_within(job, self.scope, self.scope_field):
            return False
        return self.wanted is ANYTHING or self.wanted.admits(job)

    def ends_at(self, job: Job) -> bool:
        """Whether no job after this one can be wanted, by the time order that the backend gives."""
        if not self.may_end_early or job.created_at is None:
            return False
        newest_first, wanted = self.sent.order is None or self.sent.order.newest_first, self.wanted
        if newest_first:
            return wanted.created_from is not None and job.created_at < wanted.created_from
        return wanted.created_to is not None and job.created_at > wanted.created_to

    @property
    def may_end_early(self) -> bool:
        """Whether ``ends_at`` can ever be so."""
        order, wanted = self.sent.order, self.wanted
        if order is None or order.key != "created_at":
            return False
        return (wanted.created_from if order.newest_first else wanted.created_to) is not None

    def arrange(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """All wanted jobs in the caller's order."""
        if self.arrangement is Arrangement.KEEP or self.order is None:
            return jobs
        return jobs[::-1] if self.arrangement is Arrangement.REVERSE else in_order(jobs, self.order)


def share_out(call: ListJobs, abilities: Abilities) -> Share | Refusal:
    """Leave to the backend what it does exactly as the hub means it; totals are always welcome."""
    scope: str | None = None
    if call.scope is not None and Operation.LIST not in abilities.confined:
        if abilities.scope_field is None:
            return UNKNOWN_SCOPE
        scope = call.scope
    wanted = call.wanted
    pushed, kept = (wanted, wanted) if wanted is ANYTHING else _conditions(wanted, abilities)
    order, arrangement = _order(call.order, abilities.orders)
    sent = ListJobs(call.scope if scope is None else None, None, pushed, order, abilities.totals)
    return Share(sent, kept, scope, abilities.scope_field or "", arrangement, call.order)


def takes_pages_whole(call: ListJobs, abilities: Abilities) -> bool:
    """Whether the plan of a call needs no more of a job than its id."""
    if call.wanted is not ANYTHING or (call.order is not None and not abilities.orders):
        return False
    return call.scope is None or Operation.LIST in abilities.confined


def is_within(job: Job, scope: str, scope_field: str) -> bool:
    """Whether a job shows that it belongs to a scope."""
    shown = getattr(job, scope_field)
    return shown is not None and str(shown) == scope


def in_order(jobs: Sequence[Job], order: Order) -> list[Job]:
    """Jobs sorted stably; those without the order's key come last, whichever way it runs."""
    newest_first, key = order.newest_first, order.key

    def rank(job: Job) -> tuple[bool, Any]:
        value = getattr(job, key)
        return (value is None) != newest_first, 0 if value is None else value

    return sorted(jobs, key=rank, reverse=newest_first)


def _conditions(wanted: Wanted, abilities: Abilities) -> tuple[Wanted, Wanted]:
    """The conditions for the backend, and those that remain."""
    if wanted == ANYTHING:
        return ANYTHING, ANYTHING
    names = wanted.conditions()
    pushed = names & abilities.exact
    if wanted.statuses not in abilities.status_sets:
        pushed -= {"statuses"}
    if pushed == names:
        return wanted, ANYTHING
    return _only(wanted, pushed), _only(wanted, names - pushed)


def _only(wanted: Wanted, names: frozenset[str]) -> Wanted:
    return Wanted(**{name: getattr(wanted, name) for name in names}) if names else ANYTHING


def _order(order: Order | None, orders: tuple[Order, ...]) -> tuple[Order | None, Arrangement]:
    """The backend's order that is asked for, and what remains to be done.

    Of two orders that do not agree one is the other's reverse, so that a backend with an order
    never needs its list sorted: ascending pages are the descending ones, read backwards.
    """
    if not orders:
        return None, Arrangement.KEEP if order is None else Arrangement.SORT
    if order is None:
        return orders[0], Arrangement.KEEP
    for own in orders:
        if own.agrees_with(order):
            return own, Arrangement.KEEP
    return orders[0], Arrangement.REVERSE
