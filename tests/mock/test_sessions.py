"""Logging in at a mock backend."""

from __future__ import annotations

import pytest

from jobgateway.mock.sessions import Sessions
from jobgateway.translation.accounts import Account
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.logins import Issued
from jobgateway.translation.wire import Request
from support.sessions import LOGINS, Clock

assert LOGINS is not None
ACCOUNT = Account("root", "key", "array", "graphd", 9669)


def asked(account: Account = ACCOUNT) -> Request:
    assert LOGINS is not None
    request = LOGINS.write(account)
    assert request is not None
    return request


def test_a_token_is_taken_until_its_time_is_up() -> None:
    assert LOGINS is not None
    clock = Clock()
    sessions = Sessions(LOGINS, "key", lifetime=60, clock=clock)

    issued = sessions.answer(asked(), LOGINS)

    assert isinstance(issued, Issued) and issued.lifetime == 60
    assert (sessions.takes(issued.secret), sessions.takes("key"), sessions.takes("other")) == (True, True, False)
    clock.now += 60
    assert not sessions.takes(issued.secret)
    assert sessions.opened == 1


def test_all_sessions_end_at_once() -> None:
    assert LOGINS is not None
    sessions = Sessions(LOGINS, "key")
    issued = sessions.answer(asked(), LOGINS)
    assert isinstance(issued, Issued) and issued.lifetime == LOGINS.words.lifetime
    sessions.end()

    assert not sessions.takes(issued.secret)
    again = sessions.answer(asked(), LOGINS)
    assert isinstance(again, Issued) and again.secret != issued.secret and sessions.takes(again.secret)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (asked(Account("root", "wrong", "pair", "graphd", 9669)), Reason.BAD_CREDENTIAL),
        (Request("POST", "/", "", asked().headers, b"{}"), Reason.BAD_PARAMETER),
        (Request("POST", "/"), Reason.NO_CREDENTIAL),
    ],
)
def test_a_login_that_is_not_as_documented_gives_no_token(request_: Request, reason: Reason) -> None:
    assert LOGINS is not None
    sessions = Sessions(LOGINS, "key")

    found = sessions.answer(request_, LOGINS)

    assert isinstance(found, Refusal) and found.reason is reason
    assert sessions.opened == 0


def test_without_a_key_every_password_and_every_secret_is_taken() -> None:
    assert LOGINS is not None
    sessions = Sessions(LOGINS)

    assert isinstance(sessions.answer(asked(), LOGINS), Issued)
    assert sessions.takes("anything")
