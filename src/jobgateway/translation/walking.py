"""Reading stretches of a list, page by page: a window, a window of the reverse, or all that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from jobgateway.translation.counting import count
from jobgateway.translation.hub import Abilities, Job, Window
from jobgateway.translation.reader import CHANGED, Reader, RefusalError, Steps, failed
from jobgateway.translation.windows import (
    FARTHEST,
    Cover,
    covering,
    farthest_page,
    is_page,
    mirrored,
    whole_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobgateway.translation.share import Share


AT_ONCE: Final = 4
"""As many pages are asked for side by side before it is known whether the list has so many."""
LARGEST_BATCH: Final = 16
LARGEST_BLIND: Final = 12
"""The same while nobody knows how far the list reaches: of the last batch most may be asked for in vain."""


class Keeping(Protocol):
    """Where jobs are kept whose place in the answer is known: a list, or what takes less room than one."""

    def extend(self, jobs: Sequence[Any], /) -> None:
        """Keep the jobs that follow."""

    def __iter__(self) -> Iterator[Any]:
        """The jobs, or what stands for them."""


class Sieve:
    """Keeps the jobs that are wanted, each once, until there are ``enough``."""

    __slots__ = ("_enough", "_seen", "_share", "count", "kept", "sated")

    def __init__(self, share: Share, enough: int, kept: Keeping) -> None:
        self._share = share
        self._enough = enough
        self._seen: set[int] = set()
        self.kept = kept
        self.count = 0
        """How many jobs are kept."""
        self.sated = False
        """Whether nothing that follows is needed."""

    @property
    def insatiable(self) -> bool:
        """Whether it takes all jobs that there are."""
        return self._enough >= FARTHEST and not self._share.may_end_early

    @property
    def distinct(self) -> int:
        """How many jobs have come, wanted or not."""
        return len(self._seen)

    def take(self, jobs: Sequence[Job]) -> bool:
        """Take the jobs that follow; tells whether nothing more is needed."""
        wanted = self._unseen(jobs)
        if self._share.sifts:
            wanted = [job for job in wanted if self._share.admits(job)]
        self.count += len(wanted)
        self.kept.extend(wanted)
        self.sated = self.sated or self.count >= self._enough or (bool(jobs) and self._share.ends_at(jobs[-1]))
        return self.sated

    def _unseen(self, jobs: Sequence[Job]) -> Sequence[Job]:
        ids = {job.id for job in jobs}
        if len(ids) == len(jobs) and self._seen.isdisjoint(ids):
            self._seen |= ids
            return jobs  # nearly always
        unseen = []
        for job in jobs:
            if job.id not in self._seen:
                self._seen.add(job.id)
                unseen.append(job)
        return unseen


def gather(reader: Reader, cover: Cover, take: Callable[[Sequence[Job]], object], *, every: bool) -> Steps[None]:
    """Hand the jobs of a cover's pages to ``take``, in order, until the list ends or ``take`` has enough.

    ``every`` says that ``take`` never has enough. Few pages are read at once, more in growing
    batches, all that are needed side by side once a total is known. Raises ``RefusalError``.
    """
    pages = cover.pages_before(FARTHEST)
    done, size = 0, pages if pages <= AT_ONCE else 1
    while (left := cover.pages_before(reader.bound) - done) > 0:
        foreseen = every and reader.total is not None
        if foreseen:
            reader.foresee(left, min(reader.bound, cover.end) - cover.page(done).offset)
            size = -(-left // -(-left // LARGEST_BATCH))  # even batches, for all pages of one are held at once
        batch = min(left, size, max(1, reader.calls_left))
        got = yield from reader.ask([cover.page(done + index) for index in range(batch)])
        if any(take(page.jobs) for page in got):
            return
        done, size = done + batch, min(2 * size, LARGEST_BLIND)


def read_window(reader: Reader, window: Window, abilities: Abilities, largest: int) -> Steps[tuple[Job, ...]]:
    """The jobs of a window, from as few pages as hold it. Raises ``RefusalError``."""
    if is_page(window, largest, any_offset=abilities.any_offset):
        return (yield from reader.ask((window,)))[0].jobs
    if window.end > FARTHEST:
        return (yield from reader.ask((farthest_page(min(window.limit, largest)),)))[0].jobs
    cover = covering(window, largest, any_offset=abilities.any_offset)
    jobs: list[Job] = []
    yield from gather(reader, cover, jobs.extend, every=True)
    if not reader.steady or len({job.id for job in jobs}) < len(jobs):
        raise RefusalError(failed(CHANGED))
    start = window.offset - cover.start
    return tuple(jobs[start : start + window.limit])


def read_mirrored(
    reader: Reader, window: Window, abilities: Abilities, largest: int
) -> Steps[tuple[tuple[Job, ...], int]]:
    """The jobs of a window of the list's reverse, and how many the list holds. Raises ``RefusalError``."""
    (first,) = yield from reader.ask((Window(0, largest),))
    total = (yield from count(reader, largest)) if reader.total is None else reader.total
    asked = mirrored(window, total)
    if asked is None:
        return (), total
    if asked.end <= len(first.jobs):
        jobs = first.jobs[asked.offset : asked.end]
    else:
        jobs = yield from read_window(reader, asked, abilities, largest)
    if not reader.steady:
        raise RefusalError(failed(CHANGED))
    return jobs[::-1], total


def walk(reader: Reader, sieve: Sieve, size: int) -> Steps[None]:
    """Fill a sieve with the jobs of a list, in the backend's order.

    Repeats, which a list shows that grows while it is read, are dropped by id; fewer jobs than the
    first page promised are a refusal. Raises ``RefusalError``.
    """
    yield from gather(reader, whole_list(size), sieve.take, every=sieve.insatiable)
    if not sieve.sated and reader.total is not None and sieve.distinct < reader.total:
        raise RefusalError(failed(f"{CHANGED}: it gave {sieve.distinct} jobs of {reader.total}"))
