"""Accounts, and the texts that carry them: two-way, in each encoding that a spec may name."""

from __future__ import annotations

import base64
from typing import Any, Final

import msgspec
from msgspec import Struct

from jobgateway.translation.session_words import AccountEncoding

_BETWEEN: Final = ":"


class Account(Struct, frozen=True, gc=False):
    """Who logs in, and how that was or is to be said. It is shown without its password."""

    username: str
    password: str
    encoding: AccountEncoding
    address: str | None = None
    """The host behind the backend that the account belongs to, and its port."""
    port: int | None = None

    def __repr__(self) -> str:
        return f"Account({self.username!r})"


def write_account(account: Account) -> str | None:
    """The base64 text of an account; ``None`` where its encoding cannot say it, or would say another one."""
    names = (account.username, account.password)
    try:
        text = msgspec.json.encode(names) if account.encoding == "array" else _BETWEEN.join(names).encode()
    except UnicodeEncodeError:
        return None
    written = base64.b64encode(text).decode("ascii")
    read = read_account(written, (account.encoding,))
    return written if read is not None and (read.username, read.password) == names else None


def read_account(text: str, encodings: tuple[AccountEncoding, ...]) -> Account | None:
    """The account that a base64 text holds (RFC 4648 section 4), or ``None`` where it holds none.

    What is a JSON array of two texts is read as that where a dialect knows both encodings: a username that makes a
    pair look like one is no name that anybody has.
    """
    try:
        said = base64.b64decode(text, validate=True).decode("utf-8")
    except ValueError:  # of base64, or of UTF-8
        return None
    for encoding in sorted(encodings):  # an array is tried first
        names = _array(said) if encoding == "array" else _pair(said)
        if names is not None:
            return Account(*names, encoding)
    return None


def _array(said: str) -> tuple[str, str] | None:
    try:
        names: Any = msgspec.json.decode(said, type=tuple[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return names if all(_is_text(name) for name in names) else None


def _pair(said: str) -> tuple[str, str] | None:
    """The first colon ends the username, as in RFC 7617 section 2."""
    username, between, password = said.partition(_BETWEEN)
    return (username, password) if between else None


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)
