"""Accounts and the texts that carry them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobgateway.translation.accounts import Account, read_account, write_account

BOTH = ("array", "pair")
NAMES = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("cm9vdDoxMjM=", "pair"), ("WyJyb290IiwiMTIzIl0=", "array"), ("WyJyb290IiwgIjEyMyJd", "array")],
    ids=["until 3.2.1", "since 3.3.0", "as the text has it, with a space"],
)
def test_the_documents_own_accounts_are_read(text: str, encoding: str) -> None:
    assert read_account(text, BOTH) == Account("root", "123", encoding)


@pytest.mark.parametrize(("encoding", "text"), [("array", "WyJyb290IiwiMTIzIl0="), ("pair", "cm9vdDoxMjM=")])
def test_they_are_written_as_the_documents_have_them(encoding: str, text: str) -> None:
    assert write_account(Account("root", "123", encoding)) == text


@given(NAMES, NAMES)
@example('["', "]:")
def test_whatever_an_array_says_is_read_as_it_was(username: str, password: str) -> None:
    account = Account(username, password, "array")

    written = write_account(account)

    assert written is not None
    assert read_account(written, BOTH) == account


@given(NAMES, NAMES)
@example("a:b", "c")
@example("", "")
def test_a_pair_is_read_as_it_was_or_not_written(username: str, password: str) -> None:
    account = Account(username, password, "pair")

    written = write_account(account)

    assert (written is None) == (":" in username)
    if written is not None:
        assert read_account(written, ("pair",)) == account


def test_a_password_may_hold_colons() -> None:
    text = base64.b64encode(b"root:a:b:c").decode()

    assert read_account(text, BOTH) == Account("root", "a:b:c", "pair")


@pytest.mark.parametrize(
    "said",
    [
        b"root",
        b'["root"]',
        b'["root","1","2"]',
        b'["root",1]',
        b'{"root":1}'[:5],
        b"\xff\xfe:x",
        b"",
        b'["a","\\ud800"]',
    ],
)
def test_what_holds_no_account_is_none(said: bytes) -> None:
    assert read_account(base64.b64encode(said).decode(), BOTH) is None


def test_only_the_encodings_that_a_dialect_has_are_read() -> None:
    assert read_account("cm9vdDoxMjM=", ("array",)) is None
    assert read_account("WyJyb290IiwiMTIzIl0=", ("pair",)) is None


@given(st.text(max_size=60))
def test_any_text_is_an_account_or_none(text: str) -> None:
    found = read_account(text, BOTH)

    assert found is None or isinstance(found, Account)


def test_an_account_is_shown_without_its_password() -> None:
    assert "sekret" not in repr(Account("root", "sekret", "array"))
