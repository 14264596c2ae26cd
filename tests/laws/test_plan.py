"""The planner's laws, against a backend in plain Python with any mixture of abilities."""

import math
from itertools import combinations
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from laws.simulated import AMPLE, FARTHEST, LARGEST_BATCH, NO_JOB, Backend, ask, numbered, run

from jobgateway.translation.hub import (
    Abilities,
    Budget,
    CancelJob,
    Done,
    GetJob,
    Job,
    ListJobs,
    Operation,
    Order,
    Page,
    Reason,
    Refusal,
    Status,
    Wanted,
    Window,
)
from jobgateway.translation.plan import plan

CONDITIONS = ("title", "statuses", "created_from", "created_to")
STATUSES = (Status.RUNNING, Status.COMPLETED, Status.FAILED)
STATUS_SETS = [frozenset(some) for size in (0, 1, 2) for some in combinations(STATUSES, size)]
SCOPES = ("a", "b")


def store(length: int, seed: int) -> list[Job]:
    """Jobs in no order, some with the same creation time and some without one."""
    draw = Random(seed)
    return [
        Job(
            number,
            draw.choice(["x", "y", None]),
            draw.choice(STATUSES),
            created_at=draw.choice([None, *range(20)]),
            workflow_id=draw.choice([*SCOPES, None]),
        )
        for number in draw.sample(range(1, 200), length)
    ]


stores = st.builds(store, st.integers(0, 60), st.integers(0, 9999))
orders = st.builds(Order, st.sampled_from(["id", "created_at"]), st.booleans())
own_orders = st.just(()) | orders.map(lambda own: (own,)) | st.tuples(orders, orders)
operations = st.frozensets(st.sampled_from(list(Operation)))
abilities = st.builds(
    Abilities,
    largest_page=st.none() | st.integers(1, 7) | st.just(200),
    any_offset=st.booleans(),
    totals=st.booleans(),
    exact=st.frozensets(st.sampled_from(CONDITIONS)),
    status_sets=st.frozensets(st.sampled_from(STATUS_SETS)),
    orders=own_orders,
    returns_cancelled=st.booleans(),
    confined=operations,
    scope_field=st.sampled_from([None, "workflow_id"]),
)
paged = abilities.filter(lambda can: can.largest_page is not None)
any_wanted = st.just(Wanted()) | st.builds(
    Wanted,
    title=st.sampled_from([None, "x"]),
    statuses=st.none() | st.sampled_from(STATUS_SETS),
    created_from=st.none() | st.integers(0, 20),
    created_to=st.none() | st.integers(0, 20),
)
pages = st.builds(lambda number, size: Window(number * size, size), st.integers(0, 12), st.integers(1, 12))
windows = pages | st.builds(Window, st.integers(0, 70), st.integers(1, 70))
lists = st.builds(
    ListJobs,
    scope=st.none() | st.sampled_from([*SCOPES, "nobody's"]),
    window=st.none() | windows,
    wanted=any_wanted,
    order=st.none() | orders,
    counted=st.booleans(),
)
plain_lists = st.builds(ListJobs, window=windows, order=st.none() | orders, counted=st.booleans())


# What the answer must be, and how much it may cost: said a second time, from the whole list.


def unsayable(call, can, operation):
    return call.scope is not None and operation not in can.confined


def left_here(call, can):
    """The conditions that this backend cannot evaluate."""
    left = set(call.wanted.conditions()) - can.exact
    return left | ({"statuses"} if call.wanted.statuses not in (None, *can.status_sets) else set())


def expected(call, backend):
    """All wanted jobs in the wanted order."""
    own = backend.abilities.orders
    agreeing = [one for one in own if call.order is None or one.newest_first == call.order.newest_first]
    if not own and call.order is not None:
        jobs = backend.listing(None, call.wanted, call.scope)
        known = [job for job in jobs if getattr(job, call.order.key) is not None]
        known.sort(key=lambda job: getattr(job, call.order.key), reverse=call.order.newest_first)
        return known + [job for job in jobs if getattr(job, call.order.key) is None]
    if not own or agreeing:
        return backend.listing(agreeing[0] if own else None, call.wanted, call.scope)
    return backend.listing(own[0], call.wanted, call.scope)[::-1]


def most_calls(call, backend):
    """The bound on calls, given the list that the backend has under the conditions that it evaluates."""
    can = backend.abilities
    size = can.largest_page
    if size is None:
        return 1
    left = left_here(call, can)
    pushed = Wanted(**{name: getattr(call.wanted, name) for name in call.wanted.conditions() - left})
    hidden = unsayable(call, can, Operation.LIST)
    length = len(backend.listing(None, pushed, None if hidden else call.scope))
    sorts = call.order is not None and not can.orders
    if call.window is None or left or hidden or sorts:
        needed = length // size + 1  # the page that tells the end included
        return max(1, -(-length // size)) if can.totals else min(2 * needed - 1, needed + LARGEST_BATCH - 1)
    counting = 2 * math.log2(max(1, length / size)) + 2
    reverses = call.order is not None and all(own.newest_first != call.order.newest_first for own in can.orders)
    cover = fewest_pages(call.window, size, any_offset=can.any_offset)
    if reverses:
        return 1 + (-(-call.window.limit // size) + 1) + (0 if can.totals else counting)
    return cover + (counting if call.counted and not can.totals else 0)


def fewest_pages(window, largest, *, any_offset):
    if any_offset:
        return -(-window.limit // largest)
    return min((window.end - 1) // size - window.offset // size + 1 for size in range(1, largest + 1))


@given(stores, abilities, lists)
@settings(max_examples=600, deadline=None)
def test_the_answer_is_the_window_of_the_wanted_jobs_whatever_the_backend_can_do(jobs, can, call):
    backend = Backend(jobs, can)
    reply = ask(backend, call)
    if unsayable(call, can, Operation.LIST) and can.scope_field is None:
        assert isinstance(reply, Refusal) and reply.reason is Reason.UNSUPPORTED and not backend.calls
        return
    wanted = expected(call, backend)
    assert isinstance(reply, Page)
    assert list(reply.jobs) == (wanted if call.window is None else wanted[call.window.offset : call.window.end])
    assert reply.total in ((len(wanted),) if call.counted else (None, len(wanted)))
    assert 1 <= len(backend.calls) <= most_calls(call, backend)


@given(st.integers(0, 40), st.integers(1, 7), abilities, lists)
@settings(max_examples=300, deadline=None)
def test_where_ids_and_times_run_alike_the_answer_is_the_sorted_list_cut(count, size, can, call):
    """The same with nothing borrowed from the simulated backend, at multiples of the page and next to them."""
    length = count - count % size + (count // size) % 2
    jobs = numbered(length)
    call = ListJobs(None, call.window, Wanted(created_from=call.wanted.created_from), call.order, call.counted)
    assume(call.order is not None)
    reply = ask(Backend(jobs, can), call)
    wanted = sorted((job for job in jobs if job.id >= (call.wanted.created_from or 0)), key=lambda job: job.id)
    wanted = wanted[::-1] if call.order.newest_first else wanted
    assert isinstance(reply, Page)
    assert list(reply.jobs) == (wanted if call.window is None else wanted[call.window.offset : call.window.end])
    assert reply.total in ((length_of := len(wanted)), None) and (reply.total == length_of or not call.counted)


@given(stores, paged, pages)
@settings(max_examples=100, deadline=None)
def test_a_page_that_the_backend_gives_costs_one_call_and_is_not_changed(jobs, can, window):
    assume(window.limit <= can.largest_page)
    backend = Backend(jobs, can)
    reply = ask(backend, ListJobs(window=window))
    assert [call.window for call in backend.calls] == [window]
    assert reply.jobs == backend.page(backend.calls[0]).jobs


@given(stores, paged, plain_lists, st.integers(0, 2**70), st.integers(1, 300))
@settings(max_examples=200, deadline=None)
def test_a_window_beyond_every_list_is_empty_and_asked_for_within_bounds(jobs, can, call, beyond, limit):
    window = Window(FARTHEST - limit + beyond, limit)
    backend = Backend(jobs, can)  # it asserts that nothing beyond 2**53 is asked
    reply = ask(backend, ListJobs(None, window, call.wanted, call.order, call.counted))
    assert reply.jobs == ()
    assert reply.total == len(jobs) if call.counted else reply.total in (None, len(jobs))


# Budgets.


@given(stores, abilities, lists, st.integers(0, 8))
@settings(max_examples=400, deadline=None)
def test_more_calls_than_allowed_are_a_refusal_that_says_so_never_a_short_list(jobs, can, call, calls):
    free, bound = Backend(jobs, can), Backend(jobs, can)
    unbounded = ask(free, call)
    reply = ask(bound, call, Budget(calls, AMPLE.rows))
    assert len(bound.calls) <= calls
    if reply != unbounded:
        assert reply == Refusal(
            Reason.LIMIT, f"limit reached: answering needs more than {calls} backend calls (limits.calls)"
        )
        assert len(free.calls) > calls


@given(stores, abilities, lists, st.integers(1, 40))
@settings(max_examples=400, deadline=None)
def test_more_jobs_than_allowed_are_a_refusal_that_says_so_never_a_short_list(jobs, can, call, rows):
    unbounded = ask(Backend(jobs, can), call)
    bound = Backend(jobs, can)
    reply = ask(bound, call, Budget(AMPLE.calls, rows))
    if call.window is not None and call.window.limit > rows:
        assert not bound.calls
        assert reply.reason is Reason.LIMIT and reply.detail.endswith(f"is more than {rows} (limits.rows)")
    elif reply != unbounded:
        assert reply == Refusal(
            Reason.LIMIT, f"limit reached: answering needs more than {rows} jobs of the backend (limits.rows)"
        )
    else:
        assert bound.rows <= rows or reply.reason is Reason.UNSUPPORTED


# Refusals and replies that do not fit.


@given(stores, abilities, lists, st.integers(0, 20), st.sampled_from([Refusal(Reason.THROTTLED, "later"), Done()]))
@settings(max_examples=200, deadline=None)
def test_one_failed_page_fails_the_list(jobs, can, call, number, bad):
    backend = Backend(jobs, can)

    def answer(calls):
        replies = [backend.answer(each) for each in calls]
        first = len(backend.calls) - len(calls)
        return [bad if first + index == number else reply for index, reply in enumerate(replies)]

    reply = run(plan(call, can, AMPLE, shows_cancelled=False), answer)
    if number >= len(backend.calls):
        assert reply == ask(Backend(jobs, can), call)
    elif isinstance(bad, Refusal):
        assert reply == bad
    else:
        assert reply == Refusal(Reason.BACKEND_FAILED, "the backend answered a list with something else")


@given(stores, abilities, lists, st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_of_several_refusals_in_a_batch_the_first_is_told(jobs, can, call, number):
    backend = Backend(jobs, can)

    def answer(calls):
        replies = [backend.answer(each) for each in calls]
        first = len(backend.calls) - len(calls)
        told = [Refusal(Reason.BACKEND_LATE, f"call {first + index}") for index in range(len(calls))]
        return [told[index] if first + index >= number else reply for index, reply in enumerate(replies)]

    reply = run(plan(call, can, AMPLE, shows_cancelled=False), answer)
    if number < len(backend.calls):
        assert reply == Refusal(Reason.BACKEND_LATE, f"call {number}")


# One job.


ids = st.integers(1, 8)
small_stores = st.builds(store, st.integers(0, 8), st.integers(0, 9999)).map(
    lambda jobs: [replace(job, id=number) for number, job in enumerate(jobs, 1)]
)
scopes = st.none() | st.sampled_from(SCOPES)


def holds(jobs, scope, number):
    return next((job for job in jobs if job.id == number and scope in (None, job.workflow_id)), None)


@given(small_stores, abilities, scopes, ids)
@settings(max_examples=300, deadline=None)
def test_a_job_is_shown_within_its_scope_only(jobs, can, scope, number):
    backend = Backend(jobs, can)
    call = GetJob(scope, number)
    reply = ask(backend, call)
    if unsayable(call, can, Operation.GET) and can.scope_field is None:
        assert reply.reason is Reason.UNSUPPORTED and not backend.calls
        return
    assert reply == (holds(jobs, scope, number) or NO_JOB)
    assert len(backend.calls) == 1


@given(small_stores, abilities, scopes, ids, st.booleans())
@settings(max_examples=600, deadline=None)
def test_a_job_is_cancelled_within_its_scope_only_and_shown_where_the_caller_shows_it(jobs, can, scope, number, shown):
    backend = Backend(jobs, can)
    call = CancelJob(scope, number)
    reply = ask(backend, call, shows_cancelled=shown)
    hidden = unsayable(call, can, Operation.CANCEL)
    if hidden and unsayable(call, can, Operation.GET) and can.scope_field is None:
        assert reply.reason is Reason.UNSUPPORTED and not backend.calls
        return
    job = holds(jobs, scope, number)
    if job is None:
        assert reply == NO_JOB and backend.jobs == jobs
    elif job.status is Status.COMPLETED:
        assert reply.reason is Reason.NOT_CANCELLABLE and backend.jobs == jobs
    else:
        assert [each for each in backend.jobs if each not in jobs] == [holds(backend.jobs, None, number)]
        assert reply == (holds(backend.jobs, None, number) if shown or can.returns_cancelled else Done())
    assert len(backend.calls) <= hidden + 1 + (shown and not can.returns_cancelled)


@given(small_stores, abilities, scopes, ids, st.booleans(), st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_nothing_is_cancelled_where_the_calls_do_not_suffice_to_tell_how_it_went(jobs, can, scope, number, shown, calls):
    backend = Backend(jobs, can)
    call = CancelJob(scope, number)
    reply = ask(backend, call, Budget(calls, 100), shows_cancelled=shown)
    assert len(backend.calls) <= calls
    if isinstance(reply, Refusal) and reply.reason is Reason.LIMIT:
        assert backend.jobs == jobs and "(limits.calls)" in reply.detail
        assert calls < 1 + unsayable(call, can, Operation.CANCEL) + (shown and not can.returns_cancelled)
    else:
        assert reply == ask(Backend(jobs, can), call, shows_cancelled=shown)


# Lists that move while they are read: only what is pages of one list may come of it, or a refusal.


class Moving(Backend):
    """Newest first; before the calls that ``moves`` names jobs are created (or removed), fewer in all than a page."""

    def __init__(self, count, can, moves):
        super().__init__(numbered(count), can)
        self.moves = moves
        self.snapshots = [[job.id for job in self.jobs]]

    def answer(self, call):
        for what in self.moves.get(len(self.calls), ()):
            if what is None:
                self.jobs.insert(0, numbered(1000 + len(self.snapshots))[0])
            elif self.jobs:
                del self.jobs[what % len(self.jobs)]
            self.snapshots.append([job.id for job in self.jobs])
        return super().answer(call)


newest_first = Order("id")
moves = st.dictionaries(st.integers(1, 6), st.lists(st.none(), max_size=2), max_size=3) | st.dictionaries(
    st.integers(1, 6), st.lists(st.integers(0, 60), max_size=3), max_size=3
)


def ask_in_any_order(backend, call, random):
    """As ``ask``, but the calls of a batch reach the backend in any order."""

    def answer(calls):
        turns = list(range(len(calls)))
        random.shuffle(turns)
        replies = {turn: backend.answer(calls[turn]) for turn in turns}
        return [replies[index] for index in range(len(calls))]

    return run(plan(call, backend.abilities, AMPLE, shows_cancelled=False), answer)


def is_told_as_moving(reply):
    return reply.reason is Reason.BACKEND_FAILED and "the list changed while it was read" in reply.detail


@given(st.integers(0, 60), st.integers(7, 9), st.booleans(), moves, st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_a_whole_list_that_moves_while_it_is_read_is_all_that_was_promised_or_a_refusal(count, size, any_offset, moves, random):
    can = Abilities(largest_page=size, any_offset=any_offset, totals=True, orders=(newest_first,))
    backend = Moving(count, can, moves)
    reply = ask_in_any_order(backend, ListJobs(counted=True), random)
    if isinstance(reply, Refusal):
        assert is_told_as_moving(reply) and len(backend.snapshots) > 1
    else:
        assert [job.id for job in reply.jobs] in backend.snapshots
        assert reply.total == len(reply.jobs)


@given(st.integers(0, 60), st.integers(7, 9), windows, st.booleans(), moves, st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_a_window_of_a_list_that_moves_is_one_of_its_windows_or_a_refusal(count, size, window, newest, moves, random):
    can = Abilities(largest_page=size, totals=True, orders=(newest_first,))
    backend = Moving(count, can, moves)
    call = ListJobs(window=window, order=Order("id", newest), counted=True)
    reply = ask_in_any_order(backend, call, random)
    if isinstance(reply, Refusal):
        assert is_told_as_moving(reply) and len(backend.snapshots) > 1
    else:
        found = [job.id for job in reply.jobs]
        readings = [(each if newest else each[::-1]) for each in backend.snapshots]
        assert (found, reply.total) in [(each[window.offset : window.end], len(each)) for each in readings]


@given(st.integers(0, 60), st.integers(7, 9), st.none() | windows, moves.filter(lambda all_: None in sum(all_.values(), [])))
@settings(max_examples=300, deadline=None)
def test_a_list_without_totals_that_grows_shows_no_job_twice_and_misses_none(count, size, window, moves):
    backend = Moving(count, Abilities(largest_page=size, orders=(newest_first,)), moves)
    reply = ask(backend, ListJobs(window=window))
    if isinstance(reply, Refusal):
        assert is_told_as_moving(reply) and len(backend.snapshots) > 1
    else:
        found = [job.id for job in reply.jobs]
        cut = slice(None) if window is None else slice(window.offset, window.end)
        assert found in [each[cut] for each in backend.snapshots]
