"""Plans of a single backend call, seen at a glance.

Nearly every call of a caller is one: a job, or a page that is one of the backend's. What is said here of a plan is
what ``plan`` does (a law), at a fraction of its cost; where a reply is not just what was asked for, the plan goes on
with it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from jobgateway.translation.hub import ANYTHING, Abilities, Budget, Call, GetJob, Job, ListJobs, Operation, Page, Reply
from jobgateway.translation.share import Share, share_out
from jobgateway.translation.windows import REACHED_BY_NONE, is_page

REMEMBERED: Final = 256
"""How many lists are remembered, the last that were asked for."""


class Single(Struct, frozen=True, gc=False):
    """A plan that asks for one thing first, and returns the reply to it if that is sound."""

    call: GetJob | ListJobs
    """What it asks the backend for."""
    counted: bool = False
    """Whether the answer must say how many jobs there are in all."""

    def returns(self, reply: Reply) -> bool:
        """Whether the plan returns this reply as it is; else it has more to do, or something to say against it."""
        call = self.call
        if type(call) is GetJob:
            return type(reply) is Job and reply.id == call.id
        window = call.window
        if window is None or type(reply) is not Page:
            return False
        if reply.size is not None and 0 < reply.size < window.limit:
            return False
        if reply.total is None:
            return not self.counted and len(reply.jobs) <= window.limit
        return len(reply.jobs) == min(window.limit, max(0, reply.total - window.offset))


def singles(abilities: Abilities, budget: Budget) -> Callable[[Call], Single | None]:
    """What tells such plans, of calls to one backend within a budget. Lists without conditions are remembered."""

    def page(call: ListJobs) -> Single | None:
        share = share_out(call, abilities)
        if not isinstance(share, Share) or not share.is_plain or not _is_one_page(call, abilities, budget):
            return None
        sent = share.sent
        return Single(ListJobs(sent.scope, call.window, sent.wanted, sent.order, sent.counted), call.counted)

    remembered = lru_cache(REMEMBERED)(page)
    affordable = budget.calls > 0
    confined = Operation.GET in abilities.confined

    def single(call: Call) -> Single | None:
        if not affordable:
            return None
        if type(call) is GetJob:
            return Single(call) if call.scope is None or confined else None
        if type(call) is ListJobs:
            return remembered(call) if call.wanted is ANYTHING else page(call)
        return None

    return single


def _is_one_page(call: ListJobs, abilities: Abilities, budget: Budget) -> bool:
    window, largest = call.window, min(abilities.largest_page or 0, budget.rows)
    if window is None or window.end > REACHED_BY_NONE:
        return False
    return is_page(window, largest, any_offset=abilities.any_offset)
