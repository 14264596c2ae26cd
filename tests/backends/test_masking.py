"""A credential is covered in what is told of a backend's answer, however it is written."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobgateway.backends.masking import PIECE, masked
from jobgateway.translation.hub import Reason, Refusal
from support.canaries import Watch, canary, encodings

SECRET = canary("lent")


def told(detail: str, secret: str = SECRET) -> str:
    return masked(Refusal(Reason.BACKEND_FAILED, detail), secret).detail


@pytest.mark.parametrize("form", [name for name in encodings("x") if "all of it" not in name])
def test_each_encoding_of_a_secret_is_covered(form: str):
    text = encodings(SECRET)[form]

    said = told(f'unknown status "{text}" at data')

    assert said.startswith('unknown status "') and said.endswith('" at data')
    assert "********" in said
    assert Watch({"secret": SECRET}).found(said.encode()) == []


@pytest.mark.parametrize("form", [name for name in encodings("x") if "all of it" not in name])
def test_a_piece_of_a_secret_is_covered_too(form: str):
    text = encodings(SECRET)[form]

    assert text[3:32] not in told(f"(...{text[3:32]}...)")
    assert Watch({"secret": SECRET}).found(told(f"(...{text[3:32]}...)").encode()) == []


def test_what_is_told_besides_stays():
    assert told(f"before {SECRET} between {SECRET[::-1]} after") == "before ******** between ******** after"
    assert told("the backend's answer does not fit: data: expected a list") == (
        "the backend's answer does not fit: data: expected a list"
    )
    assert told("") == ""


def test_a_short_secret_is_covered_as_it_is_and_no_word_is_mistaken_for_it():
    assert told('status "demo"', "demo") == 'status "********"'
    assert told(base64.b64encode(b"k").decode(), "k") == base64.b64encode(b"k").decode()


@given(st.text("abcdef0123 :.", max_size=200), st.text("ABCDEFGHIJKLMNOP", min_size=PIECE, max_size=60))
def test_a_text_that_has_no_piece_of_a_secret_is_not_changed(text: str, secret: str):
    if not Watch({"secret": secret}).found(text.encode()):
        assert told(text, secret) == text
