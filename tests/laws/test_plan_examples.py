"""The planner, by hand: what each kind of call costs, and what is refused."""

import math

import pytest

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
from laws.simulated import AMPLE, FARTHEST, Backend, ask, numbered, run

NEWEST, OLDEST = Order("created_at"), Order("created_at", newest_first=False)
PAGES_OF_200 = Abilities(largest_page=200, orders=(Order("id"),), confined=frozenset(Operation))
WITH_TOTALS = Abilities(largest_page=100, orders=(NEWEST,), totals=True, confined=frozenset(Operation))
UNPAGED = Abilities(confined=frozenset(Operation))
LIMITS = Budget(calls=100, rows=20_000)
CHANGED = "the list changed while it was read"
JOB = Job(7, "seven", Status.RUNNING, project_id=1)


def ids(reply):
    return [job.id for job in reply.jobs]


def asked(backend):
    return [call.window for call in backend.calls]


def answering(call, abilities, *batches, budget=AMPLE, shows_cancelled=False):
    """What a plan makes of replies that stand ready, all of which it must ask for."""
    ready = list(batches)
    reply = run(plan(call, abilities, budget, shows_cancelled=shows_cancelled), lambda _: ready.pop(0))
    assert not ready
    return reply


# Windows.


def test_a_page_of_500_over_pages_of_200_takes_three_calls_side_by_side():
    backend = Backend(numbered(10_000), PAGES_OF_200)
    reply = ask(backend, ListJobs(window=Window(5000, 500), order=NEWEST), LIMITS)
    assert ids(reply) == list(range(5000, 4500, -1))
    assert backend.batches == [3]


def test_all_of_10_000_jobs_read_by_pages_of_500_take_three_calls_each():
    backend = Backend(numbered(10_000), PAGES_OF_200)
    found = [id_ for start in range(0, 10_000, 500) for id_ in ids(ask(backend, ListJobs(window=Window(start, 500))))]
    assert found == list(range(10_000, 0, -1))
    assert backend.batches == [3] * 20


def test_a_page_of_5000_of_a_short_list_does_not_cost_25_calls():
    backend = Backend(numbered(450), PAGES_OF_200)
    assert ids(ask(backend, ListJobs(window=Window(0, 5000)))) == list(range(450, 0, -1))
    assert backend.batches == [1, 2]


def test_where_a_total_is_told_all_pages_of_a_large_window_are_read_side_by_side():
    backend = Backend(numbered(10_000), WITH_TOTALS)
    reply = ask(backend, ListJobs(window=Window(2000, 2000), counted=True))
    assert (ids(reply), reply.total) == (list(range(8000, 6000, -1)), 10_000)
    assert backend.batches == [1, 10, 9]


def test_an_offset_beyond_2_to_the_53_is_asked_for_within_it():
    backend = Backend(numbered(10), PAGES_OF_200)
    assert ask(backend, ListJobs(window=Window(10**30, 10))) == Page(())
    (window,) = asked(backend)
    assert window.limit == 10 and FARTHEST - 20 < window.offset <= FARTHEST - 10


def test_a_backend_that_takes_a_far_page_for_the_first_one_is_not_believed():
    reply = answering(ListJobs(window=Window(10**30, 10)), PAGES_OF_200, [Page(tuple(numbered(3)))])
    assert reply.reason is Reason.BACKEND_FAILED


# Totals.


@pytest.mark.parametrize(("start", "most"), [(0, 13), (5000, 11), (9800, 3), (9990, 2)])
def test_10_000_jobs_are_counted_in_about_a_dozen_calls_and_fewer_from_near_the_end(start, most):
    backend = Backend(numbered(10_000), PAGES_OF_200)
    assert ask(backend, ListJobs(window=Window(start, 10), counted=True), LIMITS).total == 10_000
    assert len(backend.calls) <= most
    assert backend.rows <= 2000


def test_a_list_that_fits_in_one_page_is_counted_in_one_more_call():
    backend = Backend(numbered(150), PAGES_OF_200)
    assert ask(backend, ListJobs(window=Window(0, 10), counted=True)).total == 150
    assert asked(backend) == [Window(0, 10), Window(0, 200)]


def test_10_000_jobs_are_counted_in_13_calls_where_the_window_is_the_first_page():
    backend = Backend(numbered(10_000), PAGES_OF_200)
    assert ask(backend, ListJobs(window=Window(0, 200), counted=True)).total == 10_000
    assert len(backend.calls) <= 13


@pytest.mark.parametrize("count", [*range(12), 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257])
@pytest.mark.parametrize("start", [0, 1, 40, 1000, 10**30])
def test_counting_costs_twice_the_logarithm_of_the_pages(count, start):
    can = Abilities(largest_page=1, orders=(NEWEST,))
    backend = Backend(numbered(count), can)
    assert ask(backend, ListJobs(window=Window(start, 1), counted=True)).total == count
    assert len(backend.calls) - 1 <= 2 * math.log2(max(1, count)) + 2


@pytest.mark.parametrize(
    ("count", "window"), [(0, Window(0, 50)), (7, Window(0, 50)), (77, Window(50, 50)), (370, Window(0, 500))]
)
def test_a_window_that_shows_the_end_tells_the_total(count, window):
    backend = Backend(numbered(count), PAGES_OF_200)
    plain = Backend(numbered(count), PAGES_OF_200)
    assert ask(backend, ListJobs(window=window, counted=True)).total == count
    assert ask(plain, ListJobs(window=window)).total is None
    assert backend.calls == plain.calls


def test_a_backend_that_gives_the_same_full_page_for_ever_is_not_counted_for_ever():
    same = Page(tuple(numbered(200)))
    steps = plan(ListJobs(window=Window(0, 200), counted=True), PAGES_OF_200, AMPLE, shows_cancelled=False)
    calls = []
    reply = run(steps, lambda batch: calls.extend(batch) or [same] * len(batch))
    assert reply.reason is Reason.BACKEND_FAILED
    assert len(calls) < 50 and all(call.window.offset < FARTHEST for call in calls)


# Whole lists.


def test_a_whole_list_without_a_total_is_read_in_growing_batches():
    backend = Backend(numbered(10_000), PAGES_OF_200)
    assert len(ask(backend, ListJobs(), LIMITS).jobs) == 10_000
    assert backend.batches == [1, 2, 4, 8, 12, 12, 12]
    assert asked(backend) == [Window(200 * page, 200) for page in range(51)]


def test_a_whole_list_with_a_total_is_read_in_no_more_pages_than_it_has():
    backend = Backend(numbered(2000), WITH_TOTALS)
    assert ids(ask(backend, ListJobs(order=OLDEST), LIMITS)) == list(range(1, 2001))
    assert backend.batches == [1, 10, 9]


def test_the_last_batch_is_no_larger_than_the_calls_that_are_left():
    backend = Backend(numbered(850), PAGES_OF_200)
    assert len(ask(backend, ListJobs(), Budget(calls=5, rows=20_000)).jobs) == 850
    assert backend.batches == [1, 2, 2]


def test_a_list_known_to_be_longer_than_the_limit_is_refused_at_once():
    by_rows = Backend(numbered(1001), WITH_TOTALS)
    reply = ask(by_rows, ListJobs(), Budget(calls=100, rows=1000))
    assert reply == Refusal(
        Reason.LIMIT, "limit reached: answering needs more than 1000 jobs of the backend (limits.rows)"
    )
    by_calls = Backend(numbered(1001), WITH_TOTALS)
    reply = ask(by_calls, ListJobs(), Budget(calls=10, rows=20_000))
    assert reply == Refusal(Reason.LIMIT, "limit reached: answering needs more than 10 backend calls (limits.calls)")
    assert by_rows.batches == by_calls.batches == [1]


@pytest.mark.parametrize("can", [PAGES_OF_200, WITH_TOTALS, UNPAGED])
def test_a_list_of_exactly_as_many_jobs_as_are_allowed_is_answered(can):
    assert len(ask(Backend(numbered(1000), can), ListJobs(), Budget(calls=100, rows=1000)).jobs) == 1000
    assert ask(Backend(numbered(1001), can), ListJobs(), Budget(calls=100, rows=1000)).reason is Reason.LIMIT


def test_no_page_is_asked_for_that_holds_more_than_the_jobs_allowed():
    backend = Backend(numbered(150), Abilities(largest_page=10**6, orders=(NEWEST,)))
    assert ask(backend, ListJobs(), Budget(calls=100, rows=100)).reason is Reason.LIMIT
    assert asked(backend)[0] == Window(0, 100)


def test_a_page_larger_than_the_rows_allowed_is_refused_before_any_call():
    backend = Backend(numbered(10), PAGES_OF_200)
    reply = ask(backend, ListJobs(window=Window(0, 20_001)), LIMITS)
    assert reply == Refusal(Reason.LIMIT, "limit reached: a page of 20001 jobs is more than 20000 (limits.rows)")
    assert not backend.calls


def test_a_backend_that_gives_the_same_full_page_for_ever_is_not_walked_for_ever():
    same = Page(tuple(numbered(200)))
    reply = run(plan(ListJobs(), PAGES_OF_200, LIMITS, shows_cancelled=False), lambda calls: [same] * len(calls))
    assert reply.reason is Reason.LIMIT


# Conditions and orders.


def test_conditions_that_the_backend_knows_are_pushed_down_though_others_are_not():
    running = frozenset({Status.RUNNING})
    can = Abilities(largest_page=10, orders=(NEWEST,), exact=frozenset({"statuses"}), status_sets=frozenset({running}))
    jobs = [*numbered(40), *(Job(100 + n, "job 7", Status.FAILED, created_at=100 + n) for n in range(100))]
    backend = Backend(jobs, can)
    reply = ask(backend, ListJobs(window=Window(0, 10), wanted=Wanted("job 7", running), counted=True))
    assert (ids(reply), reply.total) == ([7], 1)
    assert {call.wanted for call in backend.calls} == {Wanted(statuses=running)}
    assert len(backend.calls) == 7


def test_a_set_of_statuses_without_a_word_is_evaluated_here():
    both = frozenset({Status.RUNNING, Status.STOPPING})
    can = Abilities(
        largest_page=10, exact=frozenset({"statuses"}), status_sets=frozenset({frozenset({Status.RUNNING})})
    )
    backend = Backend([*numbered(4), Job(9, None, Status.COMPLETED)], can)
    assert ids(ask(backend, ListJobs(wanted=Wanted(statuses=both)))) == [4, 3, 2, 1]
    assert backend.calls[0].wanted == Wanted()


def test_a_scope_that_only_the_jobs_show_is_evaluated_here():
    can = Abilities(largest_page=2, orders=(NEWEST,), scope_field="project_id")
    jobs = [Job(number, None, Status.RUNNING, project_id=number % 3 or None) for number in range(1, 10)]
    reply = ask(Backend(jobs, can), ListJobs("1", Window(0, 2), counted=True))
    assert (sorted(ids(reply)), reply.total) == ([1, 4], 3)


def test_a_first_page_of_some_that_are_wanted_does_not_cost_the_whole_list():
    backend = Backend(numbered(10_000), PAGES_OF_200)
    reply = ask(backend, ListJobs(window=Window(0, 20), wanted=Wanted(created_to=9700), order=NEWEST))
    assert ids(reply) == list(range(9700, 9680, -1))
    assert backend.batches == [1, 2]


@pytest.mark.parametrize(("limit", "batches"), [(1, [1]), (2, [1, 2]), (3, [1, 2]), (4, [1, 2, 4])])
def test_a_search_ends_with_the_last_job_of_the_window(limit, batches):
    backend = Backend(numbered(50), Abilities(largest_page=1, orders=(NEWEST,)))
    reply = ask(backend, ListJobs(window=Window(0, limit), wanted=Wanted(created_to=50)))
    assert len(reply.jobs) == limit
    assert backend.batches == batches


@pytest.mark.parametrize("order", [NEWEST, OLDEST])
@pytest.mark.parametrize(("since", "batches"), [(9902, [1]), (9901, [1, 2]), (9871, [1, 2])])
def test_the_last_jobs_by_time_are_found_and_counted_without_the_rest_of_the_list(order, since, batches):
    backend = Backend(numbered(10_000), WITH_TOTALS)
    reply = ask(backend, ListJobs(window=Window(0, 20), wanted=Wanted(created_from=since), order=order, counted=True))
    assert ids(reply) == list(range(10_000, 9980, -1) if order is NEWEST else range(since, since + 20))
    assert reply.total == 10_001 - since
    assert backend.batches == batches


@pytest.mark.parametrize("own", [NEWEST, OLDEST])
def test_jobs_of_the_very_time_that_is_wanted_are_found_on_every_page(own):
    jobs = [Job(number, None, Status.RUNNING, created_at=5) for number in range(9)]
    reply = ask(Backend(jobs, Abilities(largest_page=2, orders=(own,))), ListJobs(wanted=Wanted(None, None, 5, 5)))
    assert len(reply.jobs) == 9


def test_an_order_by_id_does_not_end_a_search_by_time():
    jobs = [Job(number, None, Status.RUNNING, created_at=1000 - number) for number in range(500, 0, -1)]
    backend = Backend(jobs, PAGES_OF_200)
    assert len(ask(backend, ListJobs(wanted=Wanted(created_from=900))).jobs) == 100


def test_the_oldest_jobs_of_a_list_newest_first_are_its_last_page_read_backwards():
    backend = Backend(numbered(10_000), WITH_TOTALS)
    reply = ask(backend, ListJobs(window=Window(20, 10), order=OLDEST, counted=True), LIMITS)
    assert (ids(reply), reply.total) == (list(range(21, 31)), 10_000)
    assert asked(backend) == [Window(0, 100), Window(9970, 10)]


def test_a_list_without_a_total_is_counted_before_it_is_read_backwards():
    backend = Backend(numbered(10_000), PAGES_OF_200)
    reply = ask(backend, ListJobs(window=Window(0, 10), order=OLDEST), LIMITS)
    assert ids(reply) == list(range(1, 11))
    assert len(backend.calls) <= 15


def test_a_short_list_is_read_backwards_in_one_call():
    backend = Backend(numbered(70), PAGES_OF_200)
    reply = ask(backend, ListJobs(window=Window(60, 30), order=OLDEST, counted=True))
    assert (ids(reply), reply.total) == (list(range(61, 71)), 70)
    assert asked(backend) == [Window(0, 200)]


def test_an_order_that_the_backend_has_besides_its_own_is_asked_for():
    can = Abilities(largest_page=10, orders=(NEWEST, OLDEST))
    backend = Backend(numbered(100), can)
    assert ids(ask(backend, ListJobs(window=Window(0, 10), order=Order("id", newest_first=False)))) == list(
        range(1, 11)
    )
    assert [call.order for call in backend.calls] == [OLDEST]


@pytest.mark.parametrize("order", [NEWEST, OLDEST])
def test_a_list_in_no_order_is_sorted_stably_and_jobs_without_a_time_come_last(order):
    times = {1: 5, 2: None, 3: 9, 4: 5, 5: None}
    backend = Backend([Job(id_, None, Status.RUNNING, created_at=time) for id_, time in times.items()], UNPAGED)
    reply = ask(backend, ListJobs(window=Window(0, 4), order=order, counted=True))
    assert (ids(reply), reply.total) == ([3, 1, 4, 2] if order is NEWEST else [1, 4, 3, 2], 5)
    assert asked(backend) == [None]


# Backends that contradict themselves.


class FallsBackTo50(Backend):
    """Gives pages of 50 where it is asked for larger ones, and says nothing."""

    def page(self, call):
        window = call.window
        if window.limit > 50:
            window = Window(window.offset // window.limit * 50, 50)
        return super().page(ListJobs(call.scope, window, call.wanted, call.order))


def test_a_silent_fallback_to_smaller_pages_is_noticed_between_pages():
    reply = ask(FallsBackTo50(numbered(10_000), PAGES_OF_200), ListJobs(window=Window(0, 500)))
    assert reply.reason is Reason.BACKEND_FAILED and "smaller than was asked for" in reply.detail


@pytest.mark.parametrize("window", [None, Window(0, 100), Window(300, 100)])
def test_a_silent_fallback_to_smaller_pages_is_noticed_by_the_total(window):
    reply = ask(FallsBackTo50(numbered(10_000), WITH_TOTALS), ListJobs(window=window))
    assert reply == Refusal(
        Reason.BACKEND_FAILED, f"the backend gave 50 jobs where its total of 10000 promises 100: {CHANGED}"
    )


def test_a_page_after_the_end_of_the_list_is_a_contradiction():
    full, short, end = Page(tuple(numbered(167))), Page(tuple(numbered(3))), Page(())
    call = ListJobs(window=Window(0, 500))
    assert answering(call, PAGES_OF_200, [full, short, short]).reason is Reason.BACKEND_FAILED
    assert answering(call, PAGES_OF_200, [full, end, short]).reason is Reason.BACKEND_FAILED
    others = Page(tuple(Job(1000 + number, None, Status.RUNNING) for number in range(3)))
    assert len(answering(call, PAGES_OF_200, [full, others, end]).jobs) == 170


def test_a_page_longer_than_was_asked_for_is_refused():
    reply = answering(ListJobs(window=Window(0, 10)), PAGES_OF_200, [Page(tuple(numbered(11)))])
    assert reply == Refusal(Reason.BACKEND_FAILED, "the backend gave 11 jobs where 10 were asked for")


@pytest.mark.parametrize("total", [2, 4])
@pytest.mark.parametrize(("can", "window"), [(WITH_TOTALS, Window(0, 10)), (WITH_TOTALS, None), (UNPAGED, None)])
def test_a_page_that_does_not_bear_out_its_own_total_is_refused(can, window, total):
    reply = answering(ListJobs(window=window), can, [Page(tuple(numbered(3)), total)])
    assert reply.reason is Reason.BACKEND_FAILED and f"total of {total}" in reply.detail


def test_a_window_that_shows_a_job_twice_is_refused():
    pages = [Page(tuple(numbered(167))), Page(tuple(numbered(167))), Page(())]
    assert answering(ListJobs(window=Window(0, 500)), PAGES_OF_200, pages) == Refusal(Reason.BACKEND_FAILED, CHANGED)


def test_a_whole_list_drops_repeats_and_must_hold_what_was_promised():
    can = Abilities(largest_page=2, totals=True)
    jobs = numbered(9)
    first, grown, tail = Page(tuple(jobs[0:2]), 3), Page(tuple(jobs[1:3]), 4), Page((jobs[2],), 5)
    assert ids(answering(ListJobs(), can, [first], [grown])) == [9, 8, 7]
    grown_twice = Page(tuple(jobs[0:2]), 5)
    assert ids(answering(ListJobs(), can, [first], [grown_twice], [tail])) == [9, 8, 7]
    shrunk = Page((), 2)
    reply = answering(ListJobs(), can, [first], [shrunk])
    assert reply == Refusal(Reason.BACKEND_FAILED, f"{CHANGED}: it gave 2 jobs of 3")


def test_a_list_is_read_as_far_as_any_page_said_it_reaches():
    can, (a, b, c, d, e) = Abilities(largest_page=1, totals=True), numbered(5)
    later = [Page((job,), total) for job, total in ((a, 9), (b, 4), (c, 5))]
    assert ids(answering(ListJobs(), can, [Page((a,), 4)], later, [Page((d,), 9), *[Page((e,), 9)] * 4])) == [
        5,
        4,
        3,
        2,
        1,
    ]


def test_a_total_that_changes_before_the_last_page_is_read_backwards_is_refused():
    first = Page(tuple(numbered(110)[:100]), 110)
    last = Page(tuple(numbered(111)[100:110]), 111)
    call = ListJobs(window=Window(0, 10), order=OLDEST)
    assert answering(call, WITH_TOTALS, [first], [last]) == Refusal(Reason.BACKEND_FAILED, CHANGED)


# One job.


@pytest.mark.parametrize("call", [GetJob(None, 7), CancelJob(None, 7), ListJobs()])
def test_where_no_call_is_allowed_none_is_made(call):
    assert answering(call, UNPAGED, budget=Budget(0, 100)) == Refusal(
        Reason.LIMIT, "limit reached: answering needs more than 0 backend calls (limits.calls)"
    )


def test_a_job_that_was_not_asked_for_is_refused():
    for call in (GetJob(None, 8), CancelJob(None, 8)):
        assert answering(call, UNPAGED, [JOB]).reason is Reason.BACKEND_FAILED


@pytest.mark.parametrize("wrong", [Page(()), Done()])
def test_an_answer_to_get_that_is_no_job_is_refused(wrong):
    assert answering(GetJob(None, 7), UNPAGED, [wrong]).reason is Reason.BACKEND_FAILED


def test_an_answer_to_cancel_that_is_a_page_is_refused():
    assert answering(CancelJob(None, 7), UNPAGED, [Page(())]).reason is Reason.BACKEND_FAILED


def test_a_scope_that_a_job_shows_as_a_number_is_compared_as_text():
    can = Abilities(scope_field="project_id")
    assert answering(GetJob("1", 7), can, [JOB]) == JOB
    assert answering(GetJob("2", 7), can, [JOB]) == Refusal(Reason.NO_JOB)
    nobodys = Job(7, "seven", Status.RUNNING)
    assert answering(GetJob("None", 7), can, [nobodys]) == Refusal(Reason.NO_JOB)


def test_a_cancelled_job_is_shown_with_the_status_that_it_has_then():
    slow = Job(7, "seven", Status.STOPPING)
    assert answering(CancelJob("p", 7), UNPAGED, [Done()], [slow], shows_cancelled=True) == slow
    assert answering(CancelJob("p", 7), UNPAGED, [Done()]) == Done()
    assert answering(CancelJob("p", 7), UNPAGED, [JOB]) == JOB


def test_a_job_that_was_cancelled_but_cannot_be_read_afterwards_is_told_as_that():
    can = Abilities(returns_cancelled=False)
    said = "the job was cancelled, but reading it afterwards failed: "
    for refusal, detail in [
        (Refusal(Reason.NO_JOB), "no such job"),
        (Refusal(Reason.BACKEND_LATE, "no answer within 10 s"), "no answer within 10 s"),
    ]:
        reply = answering(CancelJob(None, 7), can, [Done()], [refusal], shows_cancelled=True)
        assert reply == Refusal(Reason.BACKEND_FAILED, said + detail)


def test_a_backend_that_cancels_without_the_job_it_should_show_is_not_asked_beyond_the_limit():
    reply = answering(CancelJob(None, 7), Abilities(), [Done()], budget=Budget(1, 1), shows_cancelled=True)
    assert reply.reason is Reason.BACKEND_FAILED
    assert reply.detail.startswith("the job was cancelled, but") and reply.detail.endswith("(limits.calls)")


def test_a_job_of_another_scope_is_read_and_not_cancelled():
    can = Abilities(scope_field="workflow_id")
    backend = Backend([Job(7, None, Status.RUNNING, workflow_id="theirs")], can)
    assert ask(backend, CancelJob("mine", 7)) == Refusal(Reason.NO_JOB)
    assert backend.calls == [GetJob(None, 7)]


def test_where_only_get_says_the_scope_it_vouches_for_the_cancel():
    backend = Backend(
        [Job(7, None, Status.RUNNING, workflow_id="mine")], Abilities(confined=frozenset({Operation.GET}))
    )
    assert ask(backend, CancelJob("mine", 7)).status is Status.CANCELLED
    assert backend.calls == [GetJob("mine", 7), CancelJob(None, 7)]
