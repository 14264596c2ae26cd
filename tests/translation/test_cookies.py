"""Set-Cookie, as a login's answer has it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobgateway.translation.cookies import LONGEST_LIFETIME, read_cookie, write_cookie

DAYS = 259_200
VALUES = st.text(
    alphabet=string.ascii_letters + string.digits + "-_.=!#$%&'()*+/:<>?@[]^`{|}~", min_size=1, max_size=60
)


def read(*values: bytes) -> tuple[str, int] | None:
    return read_cookie(tuple((b"set-cookie", value) for value in values), "token", DAYS)


@given(VALUES, st.integers(1, LONGEST_LIFETIME), st.booleans())
def test_a_cookie_that_is_written_is_read_as_it_was(value: str, lifetime: int, secure: bool) -> None:
    header = write_cookie("token", value, lifetime, secure=secure)

    assert read_cookie((header,), "token", 7) == (value, lifetime)
    assert header[1].endswith(b"; Secure") is secure


def test_it_is_written_as_the_document_has_it() -> None:
    _, value = write_cookie("explorer_token", "eyJhbxxx", DAYS, secure=False)

    assert value == b"explorer_token=eyJhbxxx; Path=/; Max-Age=259200; HttpOnly"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"token=eyJhbxxx; Path=/; # Max-Age=259200; HttpOnly", ("eyJhbxxx", DAYS)),  # the document's own line
        (b"token=x", ("x", DAYS)),
        (b" token = x ;MAX-AGE = 9 ", ("x", 9)),
        (b"token=x; Max-Age=9; Max-Age=5", ("x", 5)),
        (b"token=x; Max-Age=soon", ("x", DAYS)),
        (b"token=x; Max-Age=007", ("x", 7)),
        (b"token=x; Max-Age=99999999999999", ("x", LONGEST_LIFETIME)),
        (b"token=x; Max-Age=0", None),
        (b"token=x; Max-Age=-1", None),
        (b"token=; Max-Age=9", None),
        (b'token="x"; Max-Age=9', None),
        (b"token=a b", None),
        (b"token=a\x00b", None),
        (b"tokens=x", None),
        (b"token", None),
        (b"", None),
    ],
)
def test_a_cookie_is_read_as_user_agents_do(value: bytes, found: tuple[str, int] | None) -> None:
    assert read(value) == found


def test_of_several_cookies_the_last_of_the_name_counts() -> None:
    assert read(b"other=1", b"token=a; Max-Age=1", b"token=b; Max-Age=2", b"else=3") == ("b", 2)


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_any_bytes_are_a_cookie_or_none(values: list[bytes]) -> None:
    found = read(*values)

    assert found is None or found[1] > 0
