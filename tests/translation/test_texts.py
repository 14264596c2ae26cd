"""How a filter's values are said, as JSON and as texts of query keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from jobgateway.translation.hub import EARLIEST_MILLIS, LATEST_MILLIS
from jobgateway.translation.texts import Saying, json_saying, json_words, text_saying, text_words
from support.strategies import millis

WORDS = {1: "one", "eins": "one", 2: "two"}
JSON = {codec: json_saying(codec, WORDS) for codec in ("text", "millis", "iso", "status")}
TEXT = {codec: text_saying(codec, WORDS) for codec in ("text", "millis", "iso", "status")}
BOTH = [JSON["iso"], TEXT["iso"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("2026-01-31T09:30:00.250Z", 1769851800250),
        ("2026-01-31T09:30:00.25Z", 1769851800250),
        ("2026-01-31T09:30:00.2Z", 1769851800200),
        ("2026-01-31T09:30:00.250000000000Z", 1769851800250),
        ("2026-01-31T11:30:00.250+02:00", 1769851800250),
        ("2026-01-30T09:31:00.250-23:59", 1769851800250),
        ("1969-12-31T23:59:59.999Z", -1),
        ("9999-12-31T23:59:59.999Z", LATEST_MILLIS),
        ("0001-01-01T00:00:00Z", EARLIEST_MILLIS),
        ("2024-02-29T00:00:00Z", 1709164800000),
    ],
)
@pytest.mark.parametrize("saying", BOTH)
def test_a_time_with_an_offset_is_read_to_the_millisecond(saying: Saying, text: str, expected: int) -> None:
    assert saying.read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026-01-31T09:30",
        "2026-01-31T09:30Z",
        "2026-01-31T09:30:00",
        "2026-01-31 09:30:00Z",
        "2026-01-31t09:30:00z",
        "2026-01-31T09:30:00 02:00",
        "2026-01-31T09:30:00+0200",
        "2026-01-31T09:30:00+02",
        "2026-01-31T09:30:00+24:00",
        "2026-01-31T09:30:00+02:60",
        "2026-01-31T09:30:00.2505Z",
        "2026-01-31T09:30:00.2500001Z",
        "2026-01-31T09:30:00.Z",
        "2026-01-31T09:30:00,250Z",
        "2026-02-30T09:30:00Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T09:30:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59.999-00:01",
        "10000-01-01T00:00:00Z",
        "+2026-01-31T09:30:00Z",
        "20260131T093000Z",
        "2026-W05-6T09:30:00Z",
        "2026-01-31T09:30:00Z\n",
        " 2026-01-31T09:30:00Z",
        "\u0662026-01-31T09:30:00Z",
        "1769851800250",
        "now",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("saying", BOTH)
def test_any_other_time_is_refused(saying: Saying, text: str) -> None:
    with pytest.raises(ValueError, match="is not a time in the form"):
        saying.read(text)


@pytest.mark.parametrize("said", [0, 1.5, True, [], {}, b"2026-01-31T09:30:00Z"])
def test_a_time_in_json_is_a_text(said: Any) -> None:
    with pytest.raises(ValueError, match="is not a time in the form"):
        JSON["iso"].read(said)


@pytest.mark.parametrize("said", [True, 1.0, "1", None, [1], {}, LATEST_MILLIS + 1, EARLIEST_MILLIS - 1, 2**70])
def test_milliseconds_in_json_are_a_whole_number(said: Any) -> None:
    with pytest.raises(ValueError, match="is not a whole number of milliseconds within the years 1 to 9999"):
        JSON["millis"].read(said)


@pytest.mark.parametrize(
    "said", ["1.0", "+1", " 1", "1 ", "1\n", "1e3", "\uff11", "1" * 20, "--1", "-", str(LATEST_MILLIS + 1)]
)
def test_milliseconds_in_a_query_key_are_ascii_digits(said: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number of milliseconds within the years 1 to 9999"):
        TEXT["millis"].read(said)


@pytest.mark.parametrize("codec", ["millis", "iso", "status"])
def test_an_empty_query_key_says_nothing_and_an_empty_member_is_refused(codec: str) -> None:
    assert TEXT[codec].read("") is None
    with pytest.raises(ValueError, match="is "):
        JSON[codec].read("")


def test_a_text_may_be_empty_but_is_always_a_text() -> None:
    assert JSON["text"].read("") == TEXT["text"].read("") == ""
    for said in (1, 1.5, True, [], {}):
        with pytest.raises(ValueError, match="is not a text"):
            JSON["text"].read(said)


def test_many_words_are_read_and_the_first_is_written() -> None:
    assert [JSON["status"].read(word) for word in (1, "eins", 2)] == ["one", "one", "two"]
    assert [TEXT["status"].read(word) for word in ("1", "eins", "2")] == ["one", "one", "two"]
    assert (JSON["status"].write("one"), TEXT["status"].write("one")) == (1, "1")


@pytest.mark.parametrize("said", [True, 1.0, "1", 3, "Eins", None, [1], {1: 1}, float("nan")])
def test_a_word_in_json_is_of_its_own_type(said: Any) -> None:
    with pytest.raises(ValueError, match="is none of the words known here"):
        json_words(WORDS).read(said)


@pytest.mark.parametrize("said", ["01", "1.0", "Eins", " 1", "one"])
def test_a_word_in_a_query_key_is_compared_exactly(said: str) -> None:
    with pytest.raises(ValueError, match="is none of the words known here"):
        text_words(WORDS).read(said)


@pytest.mark.parametrize("words", [json_words(WORDS), text_words(WORDS)])
def test_a_value_without_a_word_is_not_written(words: Saying) -> None:
    with pytest.raises(ValueError, match="no word stands for"):
        words.write("three")


@pytest.mark.parametrize("codec", ["tasks", "integer", "rfc3339"])
def test_a_codec_that_says_no_condition_is_none_here(codec: Any) -> None:
    with pytest.raises(KeyError):
        json_saying(codec, WORDS)
    with pytest.raises(KeyError):
        text_saying(codec, WORDS)


@given(value=millis)
@settings(max_examples=200, deadline=None)
def test_an_instant_that_is_written_is_read_again(value: int) -> None:
    for saying in (JSON["millis"], TEXT["millis"], *BOTH):
        assert saying.read(saying.write(value)) == value
