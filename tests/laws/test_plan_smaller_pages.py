"""A backend whose pages hold fewer jobs than were asked for, and which says so, is read by pages of that size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobgateway.translation.hub import Abilities, Budget, Job, ListJobs, Order, Page, Reason, Refusal, Status, Window
from jobgateway.translation.plan import plan

NEWEST = Order("created_at")


def store(count: int) -> list[Job]:
    return [Job(id_, "t", Status.COMPLETED, created_at=id_) for id_ in range(count, 0, -1)]


def clamping(
    call: ListJobs, jobs: list[Job], *, largest: int, real: int, budget: Budget, totals: bool
) -> tuple[Page | Refusal, int]:
    """The reply through a backend that cuts pages at ``real``, and how many calls it took."""
    abilities = Abilities(largest_page=largest, totals=totals, orders=(NEWEST,))
    steps = plan(call, abilities, budget, shows_cancelled=True)
    calls = 0
    replies: list[Page] | None = None
    while True:
        try:
            batch = next(steps) if replies is None else steps.send(list(replies))
        except StopIteration as end:
            return end.value, calls
        replies = []
        for asked in batch:
            assert isinstance(asked, ListJobs)
            assert asked.window is not None
            calls += 1
            size = min(asked.window.limit, real)
            page = asked.window.offset // asked.window.limit
            cut = jobs[page * size : (page + 1) * size]
            replies.append(Page(tuple(cut), len(jobs) if totals else None, size))


@given(
    count=st.integers(0, 90),
    real=st.integers(1, 20),
    offset=st.integers(0, 5),
    limit=st.integers(1, 40),
    totals=st.booleans(),
)
def test_the_window_is_right_whatever_the_pages_really_hold(
    count: int, real: int, offset: int, limit: int, totals: bool
) -> None:
    jobs = store(count)
    window = Window(offset * limit, limit)
    call = ListJobs(None, window, order=NEWEST, counted=True)

    reply, _ = clamping(call, jobs, largest=20, real=real, budget=Budget(1000, 10_000), totals=totals)

    assert isinstance(reply, Page), reply
    assert list(reply.jobs) == jobs[window.offset : window.end]
    assert reply.total == count


@given(count=st.integers(0, 90), real=st.integers(1, 20), totals=st.booleans())
def test_a_whole_list_is_read_to_its_end(count: int, real: int, totals: bool) -> None:
    jobs = store(count)

    reply, _ = clamping(ListJobs(None), jobs, largest=20, real=real, budget=Budget(1000, 10_000), totals=totals)

    assert isinstance(reply, Page), reply
    assert list(reply.jobs) == jobs


def test_learning_the_size_costs_one_call_and_counts_as_one() -> None:
    call = ListJobs(None, Window(0, 200), order=NEWEST)
    wide = {"largest": 200, "real": 100, "totals": True}

    reply, calls = clamping(call, store(500), budget=Budget(3, 1000), **wide)
    refused, _ = clamping(call, store(500), budget=Budget(2, 1000), **wide)

    assert isinstance(reply, Page)
    assert calls == 3
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.LIMIT
