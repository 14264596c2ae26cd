"""The plan of a caller's call: which backend calls answer it, and what is made of their replies.

A plan is a generator without I/O. It yields batches of calls that may run side by side, is sent
their replies in the same order, and returns the caller's reply. It knows what a backend can do,
not how it says it. Over its budget, or where replies contradict each other, it returns a refusal,
never a short list that looks complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobgateway.translation.counting import count
from jobgateway.translation.hub import (
    Abilities,
    Budget,
    Call,
    CancelJob,
    Done,
    GetJob,
    Job,
    ListJobs,
    Operation,
    Page,
    Reason,
    Refusal,
    Reply,
    Window,
)
from jobgateway.translation.reader import Reader, RefusalError, SmallerPagesError, Steps, failed, too_many_calls
from jobgateway.translation.reasons import told
from jobgateway.translation.share import UNKNOWN_SCOPE, Arrangement, Share, is_within, share_out
from jobgateway.translation.walking import Sieve, read_mirrored, read_window, walk
from jobgateway.translation.windows import FARTHEST, is_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobgateway.translation.walking import Keeping

    Keep = Callable[[], Keeping]

__all__ = ["plan"]

_ANOTHER_JOB: Final = failed("the backend answered with another job than the one asked for")
_SOMETHING_ELSE: Final = failed("the backend answered with something else than a job")


def plan(call: Call, abilities: Abilities, budget: Budget, *, shows_cancelled: bool, keep: Keep = list) -> Steps[Reply]:
    """The steps that answer a call. ``shows_cancelled``: the caller's dialect shows the job it cancelled.

    ``keep`` makes what keeps the jobs of a list that is wanted as a whole and in the backend's order.
    """
    if isinstance(call, ListJobs):
        return _list(call, abilities, budget, keep)
    if isinstance(call, GetJob):
        return _get(call, abilities, budget)
    return _cancel(call, abilities, budget, shown=shows_cancelled)


def _get(call: GetJob, abilities: Abilities, budget: Budget) -> Steps[Reply]:
    if budget.calls < 1:
        return too_many_calls(budget)
    if call.scope is None or Operation.GET in abilities.confined:
        (reply,) = yield (call,)
        return _job(reply, call.id)
    if abilities.scope_field is None:
        return UNKNOWN_SCOPE
    (reply,) = yield (GetJob(None, call.id),)
    job = _job(reply, call.id)
    if isinstance(job, Job) and not is_within(job, call.scope, abilities.scope_field):
        return Refusal(Reason.NO_JOB)  # just as if there were none: whose it is, is not told
    return job


def _cancel(call: CancelJob, abilities: Abilities, budget: Budget, *, shown: bool) -> Steps[Reply]:
    said = call.scope is None or Operation.CANCEL in abilities.confined
    left = budget.calls - (1 if said else 2)
    if left < (shown and not abilities.returns_cancelled):
        return too_many_calls(budget)  # before anything is cancelled
    if not said:
        seen = yield from _get(GetJob(call.scope, call.id), abilities, budget)
        if isinstance(seen, Refusal):
            return seen
    (reply,) = yield (call if said else CancelJob(None, call.id),)
    if not isinstance(reply, Done):
        return _job(reply, call.id)
    if not shown:
        return reply
    job = (yield from _get_cancelled(call, abilities)) if left > 0 else too_many_calls(budget)
    if isinstance(job, Refusal):
        return failed(f"the job was cancelled, but reading it afterwards failed: {told(job.reason, job.detail)}")
    return job


def _get_cancelled(call: CancelJob, abilities: Abilities) -> Steps[Job | Refusal]:
    """Read the job that was just cancelled, whatever its status is now; its scope has been seen to."""
    (reply,) = yield (GetJob(call.scope if Operation.GET in abilities.confined else None, call.id),)
    return _job(reply, call.id)


def _job(reply: Reply, id_: int) -> Job | Refusal:
    if isinstance(reply, Job):
        return reply if reply.id == id_ else _ANOTHER_JOB
    return reply if isinstance(reply, Refusal) else _SOMETHING_ELSE


def _list(call: ListJobs, abilities: Abilities, budget: Budget, keep: Keep) -> Steps[Reply]:
    window = call.window
    if window is not None and window.limit > budget.rows:
        detail = f"limit reached: a page of {window.limit} jobs is more than {budget.rows} (limits.rows)"
        return Refusal(Reason.LIMIT, detail)
    share = share_out(call, abilities)
    if isinstance(share, Refusal):
        return share
    reader = Reader(share.sent, budget)
    largest = max(1, min(abilities.largest_page or 0, budget.rows))
    try:
        if abilities.largest_page is None:
            return (yield from _from_one_answer(call, share, reader))
        while True:
            try:
                if window is None:
                    return (yield from _whole(share, reader, largest, keep))
                return (yield from _from_pages(call, share, reader, abilities, largest))
            except SmallerPagesError as smaller:
                largest, reader = smaller.size, reader.afresh()
    except RefusalError as error:
        return error.refusal


def _from_pages(call: ListJobs, share: Share, reader: Reader, abilities: Abilities, largest: int) -> Steps[Page]:
    """The backend pages, by ``largest`` jobs at most. Raises ``RefusalError`` and ``SmallerPagesError``."""
    window = call.window
    if window is not None and share.is_plain and is_page(window, largest, any_offset=abilities.any_offset):
        page = yield from reader.ask_one(window)  # nearly always
        if page.total is not None or not call.counted:
            return page
        return Page(page.jobs, (yield from count(reader, largest)))
    if window is None or share.sifts or share.arrangement is Arrangement.SORT:
        return (yield from _cut_out(call, share, reader, largest))
    if share.arrangement is Arrangement.REVERSE:
        return Page(*(yield from read_mirrored(reader, window, abilities, largest)))
    jobs = yield from read_window(reader, window, abilities, largest)
    uncounted = call.counted and reader.total is None
    return Page(jobs, (yield from count(reader, largest)) if uncounted else reader.total)


def _from_one_answer(call: ListJobs, share: Share, reader: Reader) -> Steps[Page]:
    """The backend cannot page: it gives all that it has."""
    (page,) = yield from reader.ask((None,))
    wanted = [job for job in page.jobs if share.admits(job)] if share.sifts else page.jobs
    jobs = share.arrange(wanted)
    return Page(_cut(jobs, call.window), len(jobs))


def _whole(share: Share, reader: Reader, size: int, keep: Keep) -> Steps[Page]:
    """The caller cannot page."""
    jobs: list[Job] = []
    kept = keep() if share.arrangement is Arrangement.KEEP else jobs
    sieve = Sieve(share, FARTHEST, kept)
    yield from walk(reader, sieve, size)
    return Page(tuple(share.arrange(jobs) if kept is jobs else kept), sieve.count)


def _cut_out(call: ListJobs, share: Share, reader: Reader, size: int) -> Steps[Page]:
    """The backend cannot sift or sort."""
    enough = FARTHEST
    if call.window is not None and not call.counted and share.arrangement is Arrangement.KEEP:
        enough = call.window.end
    jobs: list[Job] = []
    sieve = Sieve(share, enough, jobs)
    yield from walk(reader, sieve, size)
    return Page(_cut(share.arrange(jobs), call.window), sieve.count if enough >= FARTHEST else None)


def _cut(jobs: Sequence[Job], window: Window | None) -> tuple[Job, ...]:
    return tuple(jobs if window is None else jobs[window.offset : window.end])
