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
others = st.builds(Job, st.integers(1, 3), st.none(), st.just(Status.RUNNING)) | st.sampled_from(
    [Done(), Refusal(Reason.NO_JOB), Refusal(Reason.BACKEND_FAILED)]
)


def page_for(call, given, total, size):
    """A page that is nearly as long, and as its total says, as one that answers a call; each number is off by so much."""
    asked = getattr(call, "window", None) or Window(0, 3)
    jobs = tuple(Job(number, None, Status.RUNNING) for number in range(max(0, asked.limit + given)))
    return Page(
        jobs,
        None if total is None else max(0, asked.offset + len(jobs) + total),
        None if size is None else max(0, asked.limit + size),
    )


off = st.sampled_from([0, -1, 1, 5])
nearly = st.builds(lambda *numbers: lambda call: page_for(call, *numbers), off, st.none() | off, st.none() | off)
replies = nearly | others.map(lambda reply: lambda _: reply)
"""What is answered to a call, or nearly so, or something else."""


def sent(steps, reply):
    """What the plan returns after a reply, if it is done."""
    try:
        steps.send([reply])
    except StopIteration as end:
        return end.value
    return None


@settings(max_examples=500)
@given(calls, able | paged, budgets, replies)
def test_the_plan_asks_for_the_same_and_returns_the_same(call, can, budget, replying):
    single = singles(can, budget)(call)
    event("single" if single else "not single")
    if single is None:
        return
    steps = plan(call, can, budget, shows_cancelled=True)

    assert next(steps) == (single.call,)
    reply = replying(single.call)
    done = sent(steps, reply)
    event(f"returned: {single.returns(reply)}")
    assert single.returns(reply) == (done is reply and not isinstance(reply, Refusal))


@settings(max_examples=300)
@given(pages_asked, able, nearly)
def test_of_pages_that_are_nearly_right_just_those_are_returned_that_the_plan_returns(call, can, replying):
    single = singles(can, AMPLE)(call)
    reply = replying(call)
    steps = plan(call, can, AMPLE, shows_cancelled=True)
    next(steps)

    assert single.returns(reply) == (sent(steps, reply) is reply)


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
