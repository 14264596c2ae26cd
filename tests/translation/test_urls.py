"""Percent-encoding and query strings."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.urls import MOST_PAIRS, bad_parameter, decode, decode_form, encode, read_query

texts = st.text(max_size=30)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("", ""),
        ("a+b", "a+b"),
        ("%41%7a%7A", "Azz"),
        ("%25", "%"),
        ("%2541", "%41"),
        ("%C3%A9", "é"),
        ("%F0%9F%98%80", "\U0001f600"),
        ("%00%0A", "\0\n"),
        ("é%41", "éA"),
    ],
)
def test_percent_encoding_is_decoded_once(text: str, decoded: str) -> None:
    assert decode(text) == decoded


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "a%",
        "%4",
        "%4g",
        "%g4",
        "%%41",
        "%u0041",
        "% 41",
        "%\uff14\uff11",
        "%FF",
        "%C3",
        "%C0%80",
        "%ED%A0%80",
        "\ud800%41",
    ],
)
def test_what_is_not_percent_encoded_utf8_has_no_text(text: str) -> None:
    assert decode(text) is None
    assert decode_form(text) is None


def test_a_form_has_pluses_for_spaces_and_is_ascii() -> None:
    assert decode_form("a+b%2Bc%20d") == "a b+c d"
    assert decode_form("é") is None


@given(text=texts)
@settings(max_examples=200, deadline=None)
def test_what_is_encoded_is_decoded_again(text: str) -> None:
    assert decode(encode(text)) == decode_form(encode(text)) == text
    assert encode(text) == quote(text, safe="~-._")


@given(pairs=st.dictionaries(texts, texts, max_size=5), known=st.frozensets(texts, max_size=3))
@settings(max_examples=200, deadline=None)
def test_known_keys_of_a_form_are_read_and_others_are_not(pairs: dict[str, str], known: frozenset[str]) -> None:
    known |= frozenset(list(pairs)[:2]) - {""}
    known -= {""}

    assert read_query(urlencode(pairs), known) == {key: text for key, text in pairs.items() if key in known}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {}),
        ("a=1&a=2", {"a": "1"}),
        ("a=&a=2", {"a": ""}),
        ("a&b=1", {"a": "", "b": "1"}),
        ("a=1=2", {"a": "1=2"}),
        ("a=1;b=2", {"a": "1;b=2"}),
        ("&&a=1&", {"a": "1"}),
        ("%61=1", {"a": "1"}),
        ("+a=1&a+=1&A=1&a[]=1", {}),
        ("a=%zz&a=1", {"a": None}),
        ("%zz=1&%FF=1&é=1&c=%zz", {}),
        ("=1", {}),
    ],
)
def test_the_first_value_of_a_known_key_counts(query: str, found: dict[str, str | None]) -> None:
    assert read_query(query, frozenset("ab")) == found


def test_more_pairs_than_the_limit_are_refused() -> None:
    assert read_query("&".join(["x"] * (MOST_PAIRS - 1) + ["a=1"]), frozenset("a")) == {"a": "1"}
    refusal = read_query("a=1" + "&" * MOST_PAIRS, frozenset("a"))
    assert refusal == Refusal(Reason.BAD_PARAMETER, "the query has more than 100 parameters")


def test_a_refusal_repeats_a_value_only_in_part() -> None:
    assert bad_parameter("a", "is long", "x" * 100) == Refusal(Reason.BAD_PARAMETER, "a is long", value="x" * 64)
    assert bad_parameter("a", "is bad", None) == Refusal(Reason.BAD_PARAMETER, "a is bad")
