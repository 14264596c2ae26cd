from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.hub import Window
from jobgateway.translation.windows import FARTHEST, Cover, covering, farthest_page, is_page, mirrored, whole_list

windows = st.builds(Window, st.integers(0, 600), st.integers(1, 120))


def pages_of(cover: Cover) -> list[Window]:
    return [cover.page(index) for index in range(cover.pages_before(FARTHEST))]


def cheapest_by_trying_all(window: Window, largest: int) -> tuple[int, int]:
    """The fewest pages of one size, and the fewest jobs too many, among all sizes there are."""
    costs = []
    for size in range(1, largest + 1):
        pages = [page for page in range(window.end) if page * size < window.end and (page + 1) * size > window.offset]
        costs.append((len(pages), len(pages) * size - window.limit))
    return min(costs)


@given(windows, st.integers(1, 60))
@settings(max_examples=300, deadline=None)
def test_a_window_is_covered_by_the_fewest_pages_and_then_the_least_too_much(window, largest):
    pages = pages_of(covering(window, largest, any_offset=False))
    assert all(1 <= page.limit <= largest and page.offset % page.limit == 0 for page in pages)
    assert [page.offset for page in pages[1:]] == [page.end for page in pages[:-1]]
    assert pages[0].offset <= window.offset and window.end <= pages[-1].end
    too_much = pages[-1].end - pages[0].offset - window.limit
    assert (len(pages), too_much) == cheapest_by_trying_all(window, largest)


@given(windows, st.integers(1, 60))
@settings(deadline=None)
def test_where_any_offset_will_do_exactly_the_window_is_asked_for(window, largest):
    pages = pages_of(covering(window, largest, any_offset=True))
    assert all(1 <= page.limit <= largest for page in pages)
    assert [page.offset for page in pages] == [window.offset, *(page.end for page in pages[:-1])]
    assert pages[-1].end == window.end
    assert len(pages) == -(-window.limit // largest)


@given(windows, st.integers(1, 60), st.booleans())
@settings(deadline=None)
def test_a_window_is_a_page_exactly_where_it_covers_itself(window, largest, any_offset):
    pages = pages_of(covering(window, largest, any_offset=any_offset))
    assert is_page(window, largest, any_offset=any_offset) == (pages == [window])


def test_a_window_of_500_takes_three_pages_of_at_most_200():
    pages = pages_of(covering(Window(9500, 500), 200, any_offset=False))
    assert len(pages) == 3


def test_a_huge_largest_page_is_searched_without_trying_every_size():
    window = Window(999_983, 50)
    (page,) = pages_of(covering(window, 2**40, any_offset=False))
    assert page.offset <= window.offset and window.end <= page.end and page.limit < 200


@given(st.integers(1, 1000), st.integers(0, 5000))
@settings(deadline=None)
def test_pages_of_the_whole_list_leave_no_gap_and_stay_within_what_may_be_asked(size, bound):
    cover = whole_list(size)
    count = cover.pages_before(bound)
    assert cover.page(0).offset == 0
    assert count * size >= bound > (count - 1) * size
    last = cover.page(cover.pages_before(FARTHEST) - 1)
    assert last.limit == size and last.end <= FARTHEST


@given(st.integers(1, 20_000))
@settings(deadline=None)
def test_the_farthest_page_is_a_page_that_no_list_reaches(size):
    page = farthest_page(size)
    assert page.limit == size and page.offset % size == 0
    assert FARTHEST - 2 * size < page.offset and page.end <= FARTHEST


@given(windows, st.integers(0, 700))
@settings(deadline=None)
def test_the_mirrored_window_holds_the_same_jobs_read_backwards(window, total):
    jobs = list(range(total))
    wanted = jobs[::-1][window.offset : window.end]
    found = mirrored(window, total)
    assert wanted == ([] if found is None else jobs[found.offset : found.end][::-1])
    assert found is None or (found.limit >= 1 and found.end <= total)
