"""What a whole request asks for, and the request that asks for a call."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.calls import compile_calls
from jobgateway.translation.hub import (
    Call,
    CancelJob,
    GetJob,
    ListJobs,
    Order,
    Reason,
    Refusal,
    Status,
    Wanted,
    Window,
)
from jobgateway.translation.wire import Request
from support.specs import all_specs

CALLS = {name: compile_calls(spec) for name, spec in all_specs().items()}
V1, V2, EXPLORER, ACME = (CALLS[name] for name in ("openreplay-v1", "openreplay-v2", "explorer", "acme"))
KEY = "3sWXSsqHgSKnE87YkNJK"
NEWEST = Order("created_at")
COMPLETED = Wanted(statuses=frozenset({Status.COMPLETED}))


def listed(name: str, query: str) -> ListJobs:
    """The list that a query asks for."""
    call = CALLS[name].read_call(listing(name, query))
    assert isinstance(call, ListJobs), call
    return call


def listing(name: str, query: str) -> Request:
    paths = {
        "openreplay-v1": f"/api/v1/{KEY}/jobs",
        "openreplay-v2": f"/public/{KEY}/jobs",
        "explorer": "/api-open/v1/jobs",
        "acme": "/batch/v3/jobs",
    }
    return Request("GET", paths[name], query)


@pytest.mark.parametrize(
    ("name", "method", "path", "query", "call"),
    [
        (
            "openreplay-v2",
            "GET",
            f"/public/{KEY}/jobs",
            "limit=50&page=1",
            ListJobs(KEY, Window(0, 50), order=Order("id")),
        ),
        ("openreplay-v2", "GET", f"/public/{KEY}/jobs", "", ListJobs(KEY, Window(0, 50), order=Order("id"))),
        ("openreplay-v2", "DELETE", f"/public/{KEY}/jobs/3452", "", CancelJob(KEY, 3452)),
        ("openreplay-v1", "GET", f"/api/v1/{KEY}/jobs", "", ListJobs(KEY)),
        ("openreplay-v1", "GET", f"/api/v1/{KEY}/jobs/3451", "", GetJob(KEY, 3451)),
        (
            "explorer",
            "GET",
            "/api-open/v1/jobs",
            "filter=%7B%20%22status%22%3A%202%2C%20%20%22orderByCreateTime%22%3A%20%22asc%22%7D&pageSize=10&page=1",
            ListJobs(None, Window(0, 10), COMPLETED, Order("created_at", newest_first=False), counted=True),
        ),
        (
            "explorer",
            "GET",
            "/api-open/v1/workflows/4216617528/jobs",
            "",
            ListJobs("4216617528", Window(0, 10), order=NEWEST, counted=True),
        ),
        ("explorer", "PUT", "/api-open/v1/jobs/30600/cancel", "", CancelJob(None, 30600)),
        (
            "acme",
            "GET",
            "/batch/v3/tenants/t-17/jobs",
            "limit=5&offset=7&state=DONE&createdFrom=1970-01-01T02:00:00%2B02:00",
            ListJobs("t-17", Window(7, 5), Wanted(statuses=COMPLETED.statuses, created_from=0), NEWEST, counted=True),
        ),
    ],
)
def test_the_requests_of_the_documents_are_read(name: str, method: str, path: str, query: str, call: Call) -> None:
    assert CALLS[name].read_call(Request(method, path, query)) == call


def test_a_call_is_written_as_the_documents_print_it() -> None:
    call = ListJobs(KEY, Window(0, 50), order=Order("id"))
    filtered = ListJobs("w", Window(40, 20), COMPLETED, NEWEST, counted=True)

    assert V2.write_call(call) == Request("GET", f"/public/{KEY}/jobs", "limit=50&page=1")
    assert V1.write_call(ListJobs(KEY)) == Request("GET", f"/api/v1/{KEY}/jobs")
    assert EXPLORER.write_call(filtered) == Request(
        "GET",
        "/api-open/v1/workflows/w/jobs",
        "pageSize=20&page=3&filter=%7B%22status%22%3A2%7D",
        ((b"content-type", b"application/json"),),
    )
    assert EXPLORER.write_call(CancelJob(None, 7)) == Request(
        "PUT", "/api-open/v1/jobs/7/cancel", "", ((b"content-type", b"application/x-www-form-urlencoded"),)
    )
    assert ACME.write_call(ListJobs(None, Window(7, 5), COMPLETED, NEWEST)).query == "limit=5&offset=7&state=DONE"


def test_only_a_list_has_a_query() -> None:
    assert EXPLORER.read_call(Request("GET", "/api-open/v1/jobs/7", "pageSize=x&filter=%")) == GetJob(None, 7)
    assert EXPLORER.write_call(GetJob(None, 7)).query == ""


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("limit=5&limit=6&page=2&page=3", Window(5, 5)),
        ("limit=&limit=6", Window(0, 50)),
        ("limit=%35", Window(0, 5)),
        ("%6Cimit=5", Window(0, 5)),
        ("l%69mi%74=%32&p%61ge=3", Window(4, 2)),
        ("&&limit=5&&", Window(0, 5)),
        ("limit", Window(0, 50)),
        ("limit=5=6", Window(0, 50)),
        ("limit=5;page=2", Window(0, 50)),
        ("limit=5&x=%zz&%zz=1&%FF", Window(0, 5)),
        ("limit=%2535", Window(0, 50)),
        ("limit=5%", Window(0, 50)),
        ("limit=%FF", Window(0, 50)),
        ("limit=5%00", Window(0, 50)),
        ("limit=+5", Window(0, 50)),
        ("limit=%2B5", Window(0, 50)),
        ("LIMIT=5&limit%20=5&+limit=5&limit[]=5", Window(0, 50)),
        ("=5&=", Window(0, 50)),
        ("limit=\u0665", Window(0, 50)),
        ("é=1&limit=5", Window(0, 5)),
    ],
)
def test_a_query_is_a_form_of_which_the_first_known_keys_count(query: str, window: Window) -> None:
    assert listed("openreplay-v2", query).window == window


def test_a_plus_is_a_space_and_percent_is_decoded_once() -> None:
    call = listed("explorer", "filter=%7B%22name%22:%22a+b%2Bc%252B%22%7D")

    assert call.wanted == Wanted(title="a b+c%2B")


@pytest.mark.parametrize(
    ("name", "query", "detail"),
    [
        ("explorer", "page=%zz", "page is not a whole number up to 9223372036854775807"),
        ("explorer", "pageSize=%FF", "pageSize is not a whole number up to 9223372036854775807"),
        ("explorer", "filter=%", "filter is not percent-encoded UTF-8"),
        ("explorer", "filter=%7B%22name%22:%22%FF%22%7D", "filter is not percent-encoded UTF-8"),
        ("explorer", "filter=%7B%22name%22:%22é%22%7D", "filter is not percent-encoded UTF-8"),
        ("explorer", "filter=%7B%7D%00", "filter is not a JSON object"),
        ("explorer", "filter=%257B%257D", "filter is not a JSON object"),
        ("explorer", "page=x&filter=x", "page is not a whole number up to 9223372036854775807"),
        ("acme", "state=%E3%83", "state is not percent-encoded UTF-8"),
        ("acme", "createdFrom=2026-01-31T09:30:00+02:00", None),
        ("explorer", "&" * 100, "the query has more than 100 parameters"),
        ("openreplay-v2", "&".join(["limit=5"] * 101), "the query has more than 100 parameters"),
        ("openreplay-v2", "a" * 10 + "&x" * 50_000, "the query has more than 100 parameters"),
    ],
)
def test_a_query_that_cannot_be_understood_is_a_bad_parameter(name: str, query: str, detail: str | None) -> None:
    refusal = CALLS[name].read_call(listing(name, query))

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.BAD_PARAMETER
    assert detail is None or refusal.detail == detail


def test_a_hundred_parameters_are_read() -> None:
    assert listed("openreplay-v2", "&".join([*["x=1"] * 99, "limit=5"])).window == Window(0, 5)


def test_a_dialect_without_words_for_lists_ignores_the_query() -> None:
    assert listed("openreplay-v1", "limit=5&page=%zz&" * 200) == ListJobs(KEY)


def test_the_path_is_judged_before_the_query() -> None:
    refusal = EXPLORER.read_call(Request("GET", "/api-open/v1/workflows/../jobs", "page=x"))

    assert refusal == Refusal(Reason.NO_SCOPE)


def test_a_paged_list_without_a_window_is_never_written() -> None:
    with pytest.raises(ValueError, match="window"):
        V2.write_call(ListJobs("K"))


queries = st.text(max_size=40) | st.lists(
    st.tuples(
        st.sampled_from(["limit", "page", "pageSize", "filter", "offset", "state", "createdTo", "x", "%66ilter"]),
        st.text(max_size=8) | st.sampled_from(["5", "%7B%7D", "%zz", "%FF", "+", "DONE", "-1", "9" * 20]),
    ).map("=".join),
    max_size=5,
).map("&".join)


@given(query=queries)
@settings(max_examples=400, deadline=None)
def test_no_query_raises_and_what_comes_through_says_a_window_that_can_be(query: str) -> None:
    for name, calls in CALLS.items():
        call = calls.read_call(listing(name, query))
        if isinstance(call, ListJobs):
            assert call.window is None or (call.window.offset >= 0 and call.window.limit >= 1)
        else:
            assert isinstance(call, Refusal)
            assert call.reason is Reason.BAD_PARAMETER


def test_what_is_remembered_is_bounded_and_holds_neither_ids_nor_long_texts() -> None:
    calls = compile_calls(all_specs()["explorer"])
    remembered = (calls.remembered.path, calls.remembered.before_id, calls.remembered.query, calls.remembered.page)
    long = Wanted(title="x" * 10_000)

    for number in range(1, 1000):
        assert calls.read_call(Request("GET", f"/api-open/v1/jobs/{number}")) == GetJob(None, number)
        calls.write_call(ListJobs(None, Window(0, 10), long))
        calls.read_call(Request("GET", "/api-open/v1/jobs", f"name={'x' * number}{'y' * 200}"))
    assert [each.cache_info().currsize for each in remembered] == [1, 1, 0, 0]

    for number in range(1, 1000):
        calls.read_call(Request("GET", f"/api-open/v1/workflows/w{number}/jobs", f"page={number}"))
        calls.write_call(ListJobs(f"w{number}", Window(0, 10)))
    assert all(each.cache_info().currsize <= each.cache_info().maxsize == 256 for each in remembered)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "last", ["0", "7", "007", "9223372036854775807", "9223372036854775808", "x", "", "7 ", "%37", "٣"]
)
def test_a_path_that_ends_with_an_id_is_read_as_a_whole_path_is(name: str, last: str) -> None:
    calls, spec = CALLS[name], all_specs()[name]
    for endpoint in (*spec.operations.list, spec.operations.get, spec.operations.cancel):
        for scope in (KEY, "..", "a%2Fb"):
            path = endpoint.path.replace("{scope}", scope).replace("{id}", last)
            for target in (path, f"{path}/{last}", path.rpartition("/")[0] + "/" + last):
                for method in ("GET", "DELETE", "PUT", "PATCH"):
                    read = calls.paths.read(method, target)
                    again = calls.read_call(Request(method, target))
                    assert again == read or (isinstance(read, ListJobs) and isinstance(again, ListJobs | Refusal))
