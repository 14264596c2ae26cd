"""Which window of a list a query asks for."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobgateway.translation.calls import compile_calls
from jobgateway.translation.hub import ListJobs, Reason, Refusal, Window
from jobgateway.translation.paging import Pager, compile_pager
from jobgateway.translation.spec import PageWord, Paging
from jobgateway.translation.wire import Request
from support.recordings import recordings
from support.specs import all_specs

SPECS = all_specs()
PAGERS = {name: compile_pager(spec.paging) for name, spec in SPECS.items() if spec.paging is not None}
V2, EXPLORER, ACME = PAGERS["openreplay-v2"], PAGERS["explorer"], PAGERS["acme"]


def outcome(pager: Pager, found: dict[str, str | None]) -> Window | str:
    """The window, or the key that was refused."""
    read = pager.read(found)
    if isinstance(read, Window):
        return read
    assert read.reason is Reason.BAD_PARAMETER
    return read.detail.split(" ")[0]


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        (None, 50),
        ("", 50),
        ("1", 1),
        ("50", 50),
        ("200", 200),
        ("201", 50),
        ("500", 50),
        ("0", 50),
        ("-1", 50),
        ("-0", 50),
        ("05", 5),
        ("5.0", 50),
        ("+5", 50),
        (" 5", 50),
        ("5 ", 50),
        ("5\n", 50),
        ("1_0", 50),
        ("0x5", 50),
        ("abc", 50),
        ("\u0665", 50),
        ("\uff15", 50),
        ("9" * 19, 50),
        ("9" * 20, 50),
        ("0" * 18 + "5", 5),
        ("0" * 19 + "5", 50),
    ],
)
def test_openreplay_v2_falls_back_to_50_outside_1_to_200(limit: str | None, size: int) -> None:
    assert outcome(V2, {"page": "3"} if limit is None else {"page": "3", "limit": limit}) == Window(2 * size, size)


@pytest.mark.parametrize("page", ["", "0", "-3", "abc", "1.0", "+2", "\u0662", "9" * 20])
def test_openreplay_v2_falls_back_to_the_first_page(page: str) -> None:
    assert outcome(V2, {"page": page, "limit": "5"}) == Window(0, 5)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, Window(0, 10)),
        ({"pageSize": "", "page": ""}, Window(0, 10)),
        ({"pageSize": "20", "page": "3"}, Window(40, 20)),
        ({"pageSize": "0", "page": "-1"}, Window(0, 10)),
        ({"pageSize": "-7"}, Window(0, 10)),
        ({"pageSize": "101"}, Window(0, 101)),
        ({"pageSize": "20000", "page": "2"}, Window(20000, 20000)),
        ({"pageSize": "9" * 18}, Window(0, 10**18 - 1)),
        ({"pageSize": "9" * 19}, "pageSize"),
        ({"pageSize": "1", "page": str(2**63)}, "page"),
        ({"pageSize": "1", "page": str(2**63 - 1)}, Window(2**63 - 2, 1)),
        ({"pageSize": "ten"}, "pageSize"),
        ({"pageSize": "10 "}, "pageSize"),
        ({"page": "1e1"}, "page"),
        ({"page": "-"}, "page"),
        ({"page": "--1"}, "page"),
        ({"page": "9" * 20}, "page"),
        ({"page": None}, "page"),
        ({"pageSize": None}, "pageSize"),
    ],
)
def test_explorer_takes_its_defaults_below_1_and_refuses_what_is_no_number(found, expected) -> None:
    assert outcome(EXPLORER, found) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, Window(0, 20)),
        ({"offset": "7", "limit": "3"}, Window(7, 3)),
        ({"offset": "0", "limit": "100"}, Window(0, 100)),
        ({"limit": "101"}, Window(0, 100)),
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "x"}, "offset"),
        ({"offset": "", "limit": ""}, Window(0, 20)),
    ],
)
def test_offsets_start_at_0_and_too_large_a_size_may_be_cut(found, expected) -> None:
    assert outcome(ACME, found) == expected


@pytest.mark.parametrize(
    ("changes", "text", "expected"),
    [
        ({"too_large": "default"}, "11", 5),
        ({"too_large": "clamp"}, "11", 10),
        ({"too_large": "accept"}, "11", 11),
        ({"too_large": "refuse"}, "11", "size is more than 10"),
        ({"too_small": "default"}, "0", 5),
        ({"too_small": "clamp"}, "-4", 1),
        ({"too_small": "refuse"}, "0", "size is less than 1"),
        ({"malformed": "default"}, "x", 5),
        ({"malformed": "refuse"}, "x", "size is not a whole number up to 9223372036854775807"),
        ({"empty": "default"}, "", 5),
        ({"empty": "refuse"}, "", "size is empty"),
        ({"largest": None}, "99", 99),
    ],
)
def test_every_word_for_what_does_not_fit_does_what_it_says(changes, text: str, expected: int | str) -> None:
    size = msgspec.convert({"key": "size", "default": 5, "largest": 10} | changes, PageWord)
    pager = compile_pager(Paging("page", size, PageWord("page", 1)))
    read = pager.read({"size": text})

    if isinstance(read, Refusal):
        assert (read.reason, read.detail, read.value) == (Reason.BAD_PARAMETER, expected, text)
    else:
        assert read.limit == expected


def test_a_refusal_repeats_no_more_than_64_characters_of_the_value() -> None:
    refusal = EXPLORER.read({"page": "x" * 5000})

    assert isinstance(refusal, Refusal)
    assert refusal.value == "x" * 64


def test_words_that_accept_what_cannot_be_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="nothing below 1 can be accepted"):
        compile_pager(Paging("page", PageWord("size", 5, too_small="accept"), PageWord("page", 1)))


def fits(text: str | None, low: int, high: int | None) -> int | None:
    """The documents' reading of a number, without the code's own means: ``None`` = it does not fit."""
    if not text or len(text) > 19 or any(character not in "0123456789" for character in text):
        return None
    number = sum("0123456789".index(digit) * 10**place for place, digit in enumerate(reversed(text)))
    return number if low <= number <= (2**63 - 1 if high is None else high) else None


digits = st.text(st.characters(categories=["Nd", "No"], include_characters="+-_. e\n"), max_size=6)
numbers = st.none() | st.integers(-3, 400).map(str) | st.integers(0, 10**20).map(str) | digits | st.text(max_size=4)


@given(limit=numbers, page=numbers)
@example("200", "1")
@example("201", "0")
@settings(max_examples=300, deadline=None)
def test_openreplay_v2_agrees_with_its_document_for_any_text(limit: str | None, page: str | None) -> None:
    size = fits(limit, 1, 200) or 50
    number = fits(page, 1, None) or 1
    found = {key: text for key, text in (("limit", limit), ("page", page)) if text is not None}

    assert outcome(V2, found) == Window((number - 1) * size, size)


@given(limit=numbers, page=numbers)
@settings(max_examples=300, deadline=None)
def test_explorer_agrees_with_its_document_for_any_text(limit: str | None, page: str | None) -> None:
    def one(text: str | None, default: int) -> int | None:
        if not text or (text.startswith("-") and fits(text[1:], 0, None) is not None):
            return default
        number = fits(text, 0, None)
        return default if number == 0 else number

    size, number = one(limit, 10), one(page, 1)
    found = {key: text for key, text in (("pageSize", limit), ("page", page)) if text is not None}
    expected: Window | str = "pageSize" if size is None else "page"
    if size is not None and number is not None:
        expected = Window((number - 1) * size, size)

    assert outcome(EXPLORER, found) == expected


@pytest.mark.parametrize("name", PAGERS)
@given(page=st.integers(0, 10**12), limit=st.integers(1, 100))
@settings(max_examples=100, deadline=None)
def test_a_window_that_is_written_is_read_again(name: str, page: int, limit: int) -> None:
    window = Window(page * limit, limit)
    query = PAGERS[name].write(window)

    assert PAGERS[name].read(dict(pair.split("=") for pair in query.split("&"))) == window


def test_a_window_is_written_with_its_size_first_and_always_both() -> None:
    assert V2.write(Window(100, 50)) == "limit=50&page=3"
    assert EXPLORER.write(Window(0, 10)) == "pageSize=10&page=1"
    assert ACME.write(Window(7, 3)) == "limit=3&offset=7"


@pytest.mark.parametrize("window", [None, Window(5, 10), Window(15, 10), Window(0, 0)])
def test_a_window_that_is_no_page_is_never_written(window: Window | None) -> None:
    with pytest.raises(ValueError, match="window"):
        V2.write(window)


def test_recorded_pages_of_the_real_server_have_as_many_jobs_as_the_window_that_is_read() -> None:
    calls = compile_calls(SPECS["openreplay-v2"])
    seen = 0
    for recording in recordings():
        request = recording.request
        if not recording.case.startswith("list-query[") or recording.response.status != 200:
            continue
        if recording.dialect != "openreplay-v2":
            continue
        call = calls.read_call(Request(request.method, request.path, request.query))
        assert isinstance(call, ListJobs), recording.case
        assert call.window is not None
        jobs = json.loads(recording.response.body)["data"]
        assert len(jobs) == len(range(130)[call.window.offset : call.window.end]), recording.case
        seen += 1
    assert seen > 30
