"""The planner's laws, against a backend in plain Python with any mixture of abilities."""

import math
from itertools import combinations
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
from laws.simulated import AMPLE, FARTHEST, LARGEST_BLIND, NO_JOB, Backend, ask, numbered, run

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


def abilities_of(largest_page: int | None, own: tuple[Order, ...], bits: int) -> Abilities:
    """Any mixture; one draw of bits is many times as fast as a draw for each field."""
    bit = [bits >> index & 1 for index in range(20)]
    return Abilities(
        largest_page=largest_page,
        any_offset=bool(bit[0]),
        totals=bool(bit[1]),
        returns_cancelled=bool(bit[2]),
        scope_field="workflow_id" if bit[3] else None,
        orders=own,
        confined=frozenset(name for name, told in zip(Operation, bit[4:7], strict=True) if told),
        exact=frozenset(name for name, told in zip(CONDITIONS, bit[7:11], strict=True) if told),
        status_sets=frozenset(some for some, told in zip(STATUS_SETS, bit[11:18], strict=True) if told),
    )


def wanted_of(bits: int, created_from: int, created_to: int) -> Wanted:
    return Wanted(
        title="x" if bits & 1 else None,
        statuses=STATUS_SETS[bits >> 4] if bits & 2 else None,
        created_from=created_from if bits & 4 else None,
        created_to=created_to if bits & 8 else None,
    )


ORDERS = [Order(key, newest_first) for key in ("id", "created_at") for newest_first in (True, False)]
own_orders = st.sampled_from([(), *((own,) for own in ORDERS), *((own, other) for own in ORDERS for other in ORDERS)])
abilities = st.builds(abilities_of, st.sampled_from([None, *range(1, 8), 200]), own_orders, st.integers(0, 2**18 - 1))
paged = abilities.filter(lambda can: can.largest_page is not None)
orders = st.sampled_from(ORDERS)
any_wanted = st.just(Wanted()) | st.builds(wanted_of, st.integers(0, 111), st.integers(0, 20), st.integers(0, 20))
pages = st.builds(lambda number, size: Window(number * size, size), st.integers(0, 12), st.integers(1, 12))
windows = pages | st.builds(Window, st.integers(0, 70), st.integers(1, 70))
lists = st.builds(
    ListJobs,
    scope=st.sampled_from([None, *SCOPES, "nobody's"]),
    window=st.none() | windows,
    wanted=any_wanted,
    order=st.sampled_from([None, *ORDERS]),
    counted=st.booleans(),
)
plain_lists = st.builds(ListJobs, window=windows, order=st.sampled_from([None, *ORDERS]), counted=st.booleans())


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
        return max(1, -(-length // size)) if can.totals else min(2 * needed - 1, needed + LARGEST_BLIND - 1)
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
def test_nothing_is_cancelled_where_the_calls_do_not_suffice_to_tell_how_it_went(
    jobs, can, scope, number, shown, calls
):
    backend = Backend(jobs, can)
    call = CancelJob(scope, number)
    reply = ask(backend, call, Budget(calls, 100), shows_cancelled=shown)
    assert len(backend.calls) <= calls
    if isinstance(reply, Refusal) and reply.reason is Reason.LIMIT:
        assert backend.jobs == jobs and "(limits.calls)" in reply.detail
        assert calls < 1 + unsayable(call, can, Operation.CANCEL) + (shown and not can.returns_cancelled)
    else:
        assert reply == ask(Backend(jobs, can), call, shows_cancelled=shown)
