"""The reader of a backend's list: pays each call from the budget, checks each page, knows how far the list reaches."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final, TypeAlias, TypeVar

from jobgateway.translation.hub import Budget, Call, ListJobs, Page, Reason, Refusal, Reply, Window
from jobgateway.translation.windows import FARTHEST, REACHED_BY_NONE

T = TypeVar("T")
Steps: TypeAlias = Generator[tuple[Call, ...], list[Reply], T]
"""A part of a plan: yields batches of calls, is sent their replies, returns a ``T``."""

CHANGED: Final = "the list changed while it was read"
_DO_NOT_FIT: Final = f"the backend's pages do not fit together: {CHANGED}, or its pages are smaller than was asked for"
_EVERYTHING: Final = Window(0, FARTHEST)


class RefusalError(Exception):
    """Ends a plan from within its parts; ``plan`` alone catches it and returns the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class SmallerPagesError(Exception):
    """Ends one reading of a list: the backend's pages hold fewer jobs than were asked for, and it says how many."""

    def __init__(self, size: int) -> None:
        super().__init__(f"pages of {size}")
        self.size = size


def failed(detail: str) -> Refusal:
    """The refusal that blames the backend."""
    return Refusal(Reason.BACKEND_FAILED, detail)


def too_many_calls(budget: Budget) -> Refusal:
    """The refusal where an answer would take more calls than are allowed."""
    return Refusal(
        Reason.LIMIT, f"limit reached: answering needs more than {budget.calls} backend calls (limits.calls)"
    )


def too_many_rows(budget: Budget) -> Refusal:
    """The refusal where an answer would take more jobs of the backend than are allowed."""
    return Refusal(
        Reason.LIMIT, f"limit reached: answering needs more than {budget.rows} jobs of the backend (limits.rows)"
    )


class Reader:
    """Reads one backend list for one plan.

    ``low`` and ``high`` bracket the list's length by the pages seen so far. ``total`` is what the
    first page promised, ``reach`` the most that any page did, ``steady`` whether all promised the
    same. A list that moves may promise more later: it is read as far as ``reach``, and must hold
    at least ``total`` jobs to count as complete. What leaves no trace cannot be seen: a job removed
    and another added between two pages, or, without totals, a list that grows while pages are read
    side by side.
    """

    __slots__ = ("_budget", "_rows_left", "_sent", "calls_left", "high", "low", "reach", "steady", "total")

    def __init__(self, sent: ListJobs, budget: Budget) -> None:
        self._sent = sent
        self._budget = budget
        self._rows_left = budget.rows
        self.calls_left = budget.calls
        self.low = 0
        self.high = FARTHEST
        self.total: int | None = None
        self.reach = FARTHEST
        self.steady = True

    @property
    def bound(self) -> int:
        """The position at which, by all that is known, no job stands any more."""
        return min(self.high, self.reach)

    def afresh(self) -> Reader:
        """A reader that knows nothing of the list, with what is left of the budget."""
        other = Reader(self._sent, self._budget)
        other.calls_left, other._rows_left = self.calls_left, self._rows_left
        return other

    def foresee(self, calls: int, rows: int) -> None:
        """Refuse at once what is known to need more calls or jobs than are left. Raises ``RefusalError``."""
        if calls > self.calls_left:
            raise RefusalError(too_many_calls(self._budget))
        if rows > self._rows_left:
            raise RefusalError(too_many_rows(self._budget))

    def ask(self, windows: Sequence[Window | None]) -> Steps[list[Page]]:
        """Ask for windows side by side (``None``: the whole list at once). Raises ``RefusalError``."""
        self.calls_left -= len(windows)
        if self.calls_left < 0:
            raise RefusalError(too_many_calls(self._budget))
        replies = yield tuple([self._call(window) for window in windows])
        pages = [_page(reply) for reply in replies]
        for window, page in zip(windows, pages, strict=True):
            self._learn(window or _EVERYTHING, page)
        return pages

    def ask_one(self, window: Window) -> Steps[Page]:
        """Ask for one window. Raises ``RefusalError``."""
        self.calls_left -= 1
        if self.calls_left < 0:
            raise RefusalError(too_many_calls(self._budget))
        (reply,) = yield (self._call(window),)
        page = _page(reply)
        self._learn(window, page)
        return page

    def _call(self, window: Window | None) -> ListJobs:
        sent = self._sent
        return ListJobs(sent.scope, window, sent.wanted, sent.order, sent.counted)

    def _learn(self, window: Window, page: Page) -> None:
        offset, limit, size, total = window.offset, window.limit, page.size, page.total
        if size is not None and 0 < size < limit and window is not _EVERYTHING:
            raise SmallerPagesError(size)
        given = len(page.jobs)
        end = offset + given
        if given > limit:
            raise RefusalError(failed(f"the backend gave {given} jobs where {limit} were asked for"))
        if total is not None:
            self._learn_total(total, min(limit, max(0, total - offset)), given)
        if given and end > self.low:
            self.low = end
        if given < limit and end < self.high:
            self.high = end
        if self.low > self.high or self.low > REACHED_BY_NONE:
            raise RefusalError(failed(_DO_NOT_FIT))
        self._rows_left -= given
        if self._rows_left < 0:
            raise RefusalError(too_many_rows(self._budget))

    def _learn_total(self, total: int, promised: int, given: int) -> None:
        if given != promised:
            raise RefusalError(
                failed(f"the backend gave {given} jobs where its total of {total} promises {promised}: {CHANGED}")
            )
        if self.total is None:
            self.total = self.reach = total
        elif total != self.total:
            self.steady = False
            self.reach = max(self.reach, total)


def _page(reply: Reply) -> Page:
    if isinstance(reply, Page):
        return reply
    if isinstance(reply, Refusal):
        raise RefusalError(reply)
    raise RefusalError(failed("the backend answered a list with something else"))
