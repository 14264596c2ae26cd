"""Which jobs of a list a query wants, and in which order."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.filters import Filters, compile_filters
from jobgateway.translation.hub import (
    ANYTHING,
    EARLIEST_MILLIS,
    LATEST_MILLIS,
    Order,
    Reason,
    Refusal,
    Status,
    Wanted,
)
from jobgateway.translation.spec import Condition, Filter, ListOrder, OrderWord, Spec
from support.corpora import json_cases
from support.specs import all_specs

SPECS = all_specs()
EXPLORER = compile_filters(SPECS["explorer"])
ACME = compile_filters(SPECS["acme"])
V1, V2 = compile_filters(SPECS["openreplay-v1"]), compile_filters(SPECS["openreplay-v2"])
NEWEST, OLDEST = Order("created_at"), Order("created_at", newest_first=False)
RUNNING, STOPPING = frozenset({Status.RUNNING}), frozenset({Status.STOPPING})
EITHER = RUNNING | STOPPING


def spec_with(filter_: Filter | None, order: ListOrder | None = None) -> Spec:
    return msgspec.structs.replace(SPECS["acme"], filter=filter_, order=order)


def problem(filters: Filters, found: dict[str, str | None]) -> str:
    """What the refusal of a query says."""
    refusal = filters.read(found)
    assert isinstance(refusal, Refusal), refusal
    assert refusal.reason is Reason.BAD_PARAMETER
    assert refusal.value is None or len(refusal.value) <= 64
    return refusal.detail


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ANYTHING),
        ("{}", ANYTHING),
        (" { } ", ANYTHING),
        ('{"status":null,"name":null,"fromCreateTime":null,"orderByCreateTime":null}', ANYTHING),
        ('{"unknown":1,"Status":"x","deep":{"status":[{}]}}', ANYTHING),
        ('{"name":""}', Wanted(title="")),
        ('{"name":"a\\u0000\\ud83d\\ude00é"}', Wanted(title="a\0\U0001f600é")),
        ('{"status":1}', Wanted(statuses=RUNNING)),
        ('{"status":5}', Wanted(statuses=STOPPING)),
        ('{"status":-0}', Wanted(statuses=frozenset({Status.SCHEDULED}))),
        ('{"fromCreateTime":0,"toCreateTime":-1}', Wanted(created_from=0, created_to=-1)),
        (
            f'{{"fromCreateTime":{EARLIEST_MILLIS},"toCreateTime":{LATEST_MILLIS}}}',
            Wanted(created_from=EARLIEST_MILLIS, created_to=LATEST_MILLIS),
        ),
    ],
)
def test_a_json_filter_is_read_by_its_known_keys(text: str, wanted: Wanted) -> None:
    assert EXPLORER.read({"filter": text}) == (wanted, NEWEST)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("null", "filter is not a JSON object"),
        ("[]", "filter is not a JSON object"),
        ('"{}"', "filter is not a JSON object"),
        ("1", "filter is not a JSON object"),
        ("{", "filter is not a JSON object"),
        ("{} {}", "filter is not a JSON object"),
        ("{'status':2}", "filter is not a JSON object"),
        ('{"status":2,}', "filter is not a JSON object"),
        ('{"x":NaN}', "filter is not a JSON object"),
        ('{"x":1e999}', "filter is not a JSON object"),
        ('{"x":01}', "filter is not a JSON object"),
        ('{"x":"\n"}', "filter is not a JSON object"),
        ('{"x":"\\ud800"}', "filter is not a JSON object"),
        ("\ufeff{}", "filter is not a JSON object"),
        ("status=2", "filter is not a JSON object"),
        (" ", "filter is not a JSON object"),
        ("[" * 4096, "filter is not a JSON object"),
        ('{"a":' * 800, "filter is not a JSON object"),
        ("[" * 4097, "filter has more than 4096 characters"),
        (json.dumps({"name": "x" * 10_000}), "filter has more than 4096 characters"),
        ('{"status":"2"}', "status is none of the words known here"),
        ('{"status":6}', "status is none of the words known here"),
        ('{"status":-1}', "status is none of the words known here"),
        ('{"status":2.0}', "status is none of the words known here"),
        ('{"status":true}', "status is none of the words known here"),
        ('{"status":[2]}', "status is none of the words known here"),
        ('{"status":{}}', "status is none of the words known here"),
        ('{"name":1}', "name is not a text"),
        ('{"name":false}', "name is not a text"),
        ('{"name":["a"]}', "name is not a text"),
        ('{"orderByCreateTime":"ASC"}', "orderByCreateTime is none of the words known here"),
        ('{"orderByCreateTime":""}', "orderByCreateTime is none of the words known here"),
        ('{"orderByCreateTime":1}', "orderByCreateTime is none of the words known here"),
    ],
)
def test_a_json_filter_that_is_not_strict_is_refused(text: str, detail: str) -> None:
    assert problem(EXPLORER, {"filter": text}) == detail


def test_a_filter_that_is_not_percent_encoded_utf8_is_refused() -> None:
    assert problem(EXPLORER, {"filter": None}) == "filter is not percent-encoded UTF-8"
    assert problem(ACME, {"state": None}) == "state is not percent-encoded UTF-8"


def test_the_example_of_the_document_is_read() -> None:
    found = {"filter": '{ "status": 2,  "orderByCreateTime": "asc"}'}

    assert EXPLORER.read(found) == (Wanted(statuses=frozenset({Status.COMPLETED})), OLDEST)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({}, ANYTHING),
        ({"state": "", "createdFrom": ""}, ANYTHING),
        ({"other": "x"}, ANYTHING),
        ({"state": "RUNNING"}, Wanted(statuses=EITHER)),
        ({"state": "PENDING"}, Wanted(statuses=frozenset({Status.SCHEDULED}))),
        ({"createdFrom": "1970-01-01T00:00:00Z"}, Wanted(created_from=0)),
        ({"createdFrom": "2026-01-31T09:30:00.250Z"}, Wanted(created_from=1769851800250)),
        ({"createdFrom": "2026-01-31T11:30:00.250+02:00"}, Wanted(created_from=1769851800250)),
    ],
)
def test_conditions_may_be_query_keys_of_their_own(found: dict[str, str | None], wanted: Wanted) -> None:
    assert ACME.read(found) == (wanted, NEWEST)


@pytest.mark.parametrize("state", ["running", "STOPPING", "1", " RUNNING", "RUNNING,DONE", "null"])
def test_an_unknown_word_for_a_status_is_refused(state: str) -> None:
    assert problem(ACME, {"state": state}) == "state is none of the words known here"


def keyed(**conditions: Condition) -> Filter:
    return Filter(conditions=conditions, order=OrderWord("sort", "new", "old"))


def test_texts_and_milliseconds_may_be_query_keys_too() -> None:
    filters = compile_filters(spec_with(keyed(title=Condition("q", "text"), created_to=Condition("to", "millis"))))

    assert filters.read({"q": "", "to": "-12"}) == (Wanted(title="", created_to=-12), None)
    assert filters.read({"q": "null", "to": "", "sort": ""}) == (Wanted(title="null"), None)
    assert filters.read({"sort": "old"}) == (ANYTHING, OLDEST)
    assert filters.read({"sort": "new"}) == (ANYTHING, NEWEST)
    for text in ("1.0", "+1", " 1", "\uff11", "1" * 20, str(LATEST_MILLIS + 1)):
        assert problem(filters, {"to": text}).startswith("to is not a whole number of milliseconds")
    assert (
        filters.write(Wanted(title="a b&c=d+é", created_to=-12), OLDEST) == "q=a%20b%26c%3Dd%2B%C3%A9&to=-12&sort=old"
    )


def test_numbers_may_be_the_words_of_a_query_key() -> None:
    filter_ = keyed(statuses=Condition("state", "status"))
    filters = compile_filters(msgspec.structs.replace(SPECS["explorer"], filter=filter_))

    assert filters.read({"state": "5"}) == (Wanted(statuses=STOPPING), NEWEST)
    assert filters.write(Wanted(statuses=STOPPING), None) == "state=5"
    assert problem(filters, {"state": "05"}) == "state is none of the words known here"


@pytest.mark.parametrize(("filters", "order"), [(V1, None), (V2, Order("id")), (EXPLORER, NEWEST), (ACME, NEWEST)])
def test_a_list_has_the_order_of_its_dialect(filters: Filters, order: Order | None) -> None:
    assert filters.read({}) == (ANYTHING, order)
    assert filters.write(ANYTHING, order) == ""
    assert filters.write(ANYTHING, None) == ""


def test_what_is_newest_first_already_is_not_asked_for() -> None:
    assert EXPLORER.write(ANYTHING, Order("id")) == ""
    assert V2.write(ANYTHING, NEWEST) == ""


def test_the_word_for_the_order_is_written_where_it_differs() -> None:
    by_id = compile_filters(spec_with(keyed(), ListOrder("id")))

    assert EXPLORER.write(ANYTHING, OLDEST) == "filter=%7B%22orderByCreateTime%22%3A%22asc%22%7D"
    assert EXPLORER.write(ANYTHING, Order("id", newest_first=False)) == EXPLORER.write(ANYTHING, OLDEST)
    assert by_id.write(ANYTHING, NEWEST) == "sort=new"
    assert by_id.write(ANYTHING, Order("id")) == ""


def test_conditions_are_written_as_compact_json_in_the_order_of_the_spec() -> None:
    wanted = Wanted(created_to=2, title='a"é', statuses=RUNNING, created_from=1)

    assert EXPLORER.write(wanted, OLDEST) == (
        "filter=%7B%22name%22%3A%22a%5C%22%C3%A9%22%2C%22status%22%3A1%2C"
        "%22fromCreateTime%22%3A1%2C%22toCreateTime%22%3A2%2C%22orderByCreateTime%22%3A%22asc%22%7D"
    )


@pytest.mark.parametrize(
    ("filters", "wanted", "order"),
    [
        (V2, Wanted(title="a"), None),
        (V1, ANYTHING, NEWEST),
        (V2, ANYTHING, OLDEST),
        (ACME, Wanted(title="a"), None),
        (ACME, Wanted(statuses=RUNNING), None),
        (ACME, Wanted(statuses=frozenset()), None),
        (EXPLORER, Wanted(statuses=EITHER), None),
    ],
)
def test_what_the_words_cannot_say_is_never_written(filters: Filters, wanted: Wanted, order: Order | None) -> None:
    with pytest.raises(ValueError, match=r"there is no word for|no word stands for"):
        filters.write(wanted, order)


def test_the_sets_of_statuses_are_those_of_the_filters_words() -> None:
    alone = {status: frozenset({status}) for status in Status}

    assert EXPLORER.status_sets == frozenset(alone.values())
    assert ACME.status_sets == {EITHER, *(each for status, each in alone.items() if status not in EITHER)}
    assert V2.status_sets == V1.status_sets == frozenset()


def test_of_a_json_suite_all_that_is_no_json_is_refused_and_nothing_raises() -> None:
    refused = 0
    for name, verdict, raw in json_cases():
        try:
            text: str | None = raw.decode()
        except UnicodeDecodeError:
            text = None
        outcome = EXPLORER.read({"filter": text})
        within = compile_filters(SPECS["explorer"]).read({"filter": None if text is None else f'{{"x":{text}}}'})
        if verdict == "n" and text != "":
            refused += 1
            assert isinstance(outcome, Refusal), name
            assert outcome.reason is Reason.BAD_PARAMETER
        if verdict == "y" and text is not None:
            assert not isinstance(within, Refusal), name
    assert refused > 150


@given(st.text(max_size=60) | st.text('{}[]":,0123456789eE+-.\\ntfalsru namestatus', max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_text_raises_as_a_filter_and_what_comes_through_can_be_written(text: str) -> None:
    for filters, key in ((EXPLORER, "filter"), (ACME, "state"), (ACME, "createdFrom"), (ACME, "createdTo")):
        read = filters.read({key: text})
        if not isinstance(read, Refusal):
            filters.write(*read)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
known_keys = st.sampled_from(["name", "status", "fromCreateTime", "toCreateTime", "orderByCreateTime", "x"])


@given(st.dictionaries(known_keys, json_values | st.integers(0, 6), max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_json_object_is_read_by_the_documents_types_or_refused(members: dict[str, object]) -> None:
    def fits(key: str, value: object) -> bool:
        number = type(value) is int
        return value is None or {
            "name": isinstance(value, str),
            "status": number and value in range(6),
            "orderByCreateTime": isinstance(value, str) and value in ("asc", "desc"),
            "x": True,
        }.get(key, number and EARLIEST_MILLIS <= value <= LATEST_MILLIS)  # type: ignore[operator]

    read = EXPLORER.read({"filter": json.dumps(members)})

    assert isinstance(read, Refusal) == (not all(fits(key, value) for key, value in members.items()))
