"""What is said of a plan of one call is what the plan does."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from jobgateway.translation.hub import (
    Abilities,
    Budget,
    CancelJob,
    Done,
    GetJob,
    Job,
    ListJobs,
    Page,
    Reason,
    Refusal,
    Status,
    Window,
)
from jobgateway.translation.plan import plan
from jobgateway.translation.single import Single, singles
from laws.simulated import AMPLE, Backend
from laws.test_plan import abilities, abilities_of, lists, own_orders, paged, pages, plain_lists, stores

ABLE = Abilities(largest_page=200, totals=True, scope_field="workflow_id")
scopes = st.sampled_from([None, "a", "nobody's"])
pages_asked = st.builds(ListJobs, window=pages, counted=st.booleans())
calls = st.one_of(pages_asked, st.builds(GetJob, scopes, st.integers(1, 3)), plain_lists, lists)
able = st.builds(abilities_of, st.just(200), own_orders, st.integers(0, 2**18 - 1))
budgets = st.just(AMPLE) | st.builds(Budget, st.sampled_from([1, 4, 0]), st.sampled_from([1000, 12, 3, 1, 0]))
some_jobs = st.lists(st.builds(Job, st.integers(1, 3), st.none(), st.just(Status.RUNNING)), max_size=9).map(tuple)
replies = st.one_of(
    st.builds(Page, some_jobs, st.none() | st.integers(0, 80), st.none() | st.integers(0, 12)),
    st.builds(Job, st.integers(1, 3), st.none(), st.just(Status.RUNNING)),
    st.just(Done()),
    st.builds(Refusal, st.sampled_from([Reason.NO_JOB, Reason.BACKEND_FAILED])),
)


def sent(steps, reply):
    """What the plan returns after a reply, if it is done."""
    try:
        steps.send([reply])
    except StopIteration as end:
        return end.value
    return None


@settings(max_examples=500)
@given(calls, able | paged, budgets, replies)
def test_the_plan_asks_for_the_same_and_returns_the_same(call, can, budget, reply):
    single = singles(can, budget)(call)
    event("single" if single else "not single")
    if single is None:
        return
    steps = plan(call, can, budget, shows_cancelled=True)

    assert next(steps) == (single.call,)
    done = sent(steps, reply)
    event(f"returned: {single.returns(reply)}")
    if single.returns(reply):
        assert done is reply


@given(stores, pages_asked, able)
def test_what_a_sound_backend_says_is_returned(jobs, call, can):
    single = singles(can, AMPLE)(call)
    page = Backend(jobs, can).answer(single.call)

    assert single.returns(page) == (can.totals or not call.counted)


@given(st.integers(1, 12), st.integers(0, 5), budgets, abilities)
def test_a_page_of_the_backends_is_one_wherever_it_can_be_afforded(limit, number, budget, can):
    call = ListJobs(None, Window(number * limit, limit))
    affordable = budget.calls > 0 and limit <= min(can.largest_page or 0, budget.rows)

    assert (singles(can, budget)(call) is not None) == affordable


def test_a_job_by_its_id_is_one_but_a_cancel_never_is():
    single = singles(ABLE, Budget(1, 1))

    assert single(GetJob(None, 5)) == Single(GetJob(None, 5))
    assert single(GetJob("a", 5)) is None  # which scope it belongs to is for the plan to see
    assert single(CancelJob(None, 5)) is None
