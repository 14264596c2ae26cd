"""Lists that move while they are read: only what is pages of one list may come of it, or a refusal."""

from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.hub import Abilities, ListJobs, Order, Reason, Refusal, Window
from jobgateway.translation.plan import plan
from laws.simulated import AMPLE, Backend, ask, numbered, run

windows = st.builds(Window, st.integers(0, 70), st.integers(1, 70))


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
growing = st.dictionaries(st.integers(1, 6), st.lists(st.none(), max_size=2), max_size=3)
shrinking = st.dictionaries(st.integers(1, 6), st.lists(st.integers(0, 60), max_size=3), max_size=3)
moves = growing | shrinking


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
def test_a_whole_list_that_moves_while_it_is_read_is_all_that_was_promised_or_a_refusal(
    count, size, any_offset, moves, random
):
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


@given(
    st.integers(0, 60),
    st.integers(7, 9),
    st.none() | windows,
    growing,
)
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
