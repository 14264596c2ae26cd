"""How dialects log in, read and written by the same spec."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jobgateway.translation.accounts import Account
from jobgateway.translation.checks import problems_of
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.logins import Issued, Logins
from jobgateway.translation.wire import Request, Response
from support.gateways import DIALECTS

WITH = sorted(name for name, dialect in DIALECTS.items() if dialect.logins is not None)
EXPLORER = DIALECTS["explorer"].logins
assert EXPLORER is not None
PATH = "/api-open/v1/connect"
BODY = b'{"address":"192.168.8.100","port":9669}'
GOOD = Response(
    200,
    b'{"code":0,"data":{"success":true},"message":"Success"}',
    headers=((b"set-cookie", b"explorer_token=eyJhbxxx; Path=/; Max-Age=259200; HttpOnly"),),
)
NAMES = st.text(alphabet=st.characters(codec="utf-8", exclude_characters=":"), max_size=20)


def logins_of(name: str) -> Logins:
    found = DIALECTS[name].logins
    assert found is not None
    return found


def test_a_dialect_has_logins_or_not() -> None:
    assert WITH == ["explorer"]


@pytest.mark.parametrize("name", WITH)
@given(data=st.data(), username=NAMES, password=NAMES, address=NAMES, port=st.integers(1, 65535))
def test_the_account_that_is_written_is_read(
    name: str, data: st.DataObject, username: str, password: str, address: str, port: int
) -> None:
    logins = logins_of(name)
    account = Account(username, password, data.draw(st.sampled_from(logins.encodings)), address, port)

    request = logins.write(account)

    assert request is not None
    assert logins.is_at(request.path)
    assert logins.read(request) == account


@pytest.mark.parametrize("name", WITH)
@given(secret=st.from_regex(r"[A-Za-z0-9._~=-]{1,80}", fullmatch=True), lifetime=st.integers(1, 10_000_000))
def test_the_token_that_is_given_is_got(name: str, secret: str, lifetime: int) -> None:
    logins = logins_of(name)
    issued = Issued(secret, lifetime)

    assert logins.read_answer(logins.write_answer(issued, secure=True)) == issued
    assert secret not in repr(issued) or len(secret) < 10


def test_the_request_is_the_documents() -> None:
    request = EXPLORER.write(Account("root", "123", "pair", "192.168.8.100", 9669))

    assert request == Request(
        "POST",
        PATH,
        headers=((b"content-type", b"application/json"), (b"authorization", b"Bearer cm9vdDoxMjM=")),
        body=BODY,
    )


def test_the_answer_is_the_documents() -> None:
    answer = EXPLORER.write_answer(Issued("eyJhbxxx", 259_200), secure=False)

    assert (answer.status, answer.media, answer.headers) == (200, "application/json", GOOD.headers)
    assert msgspec.json.decode(answer.body) == msgspec.json.decode(GOOD.body)
    assert EXPLORER.read_answer(GOOD) == Issued("eyJhbxxx", 259_200)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Response(400, b'{"code":40004000,"message":"ErrBadRequest::bad username"}'), Reason.BAD_CREDENTIAL),
        (Response(401, b'{"code":40104001,"message":"ErrSession"}'), Reason.BAD_CREDENTIAL),
        (replace(GOOD, body=b'{"code":40004000,"message":"ErrBadRequest"}'), Reason.BAD_CREDENTIAL),
        (replace(GOOD, body=b'{"code":0,"data":{"success":false},"message":"Success"}'), Reason.BAD_CREDENTIAL),
        (replace(GOOD, body=b"<html>"), Reason.BAD_CREDENTIAL),
        (replace(GOOD, status=302), Reason.BAD_CREDENTIAL),
        (replace(GOOD, headers=()), Reason.BACKEND_FAILED),
        (replace(GOOD, headers=((b"set-cookie", b"explorer_token=x; Max-Age=0"),)), Reason.BACKEND_FAILED),
    ],
)
def test_an_answer_without_a_token_is_a_refusal(answer: Response, reason: Reason) -> None:
    found = EXPLORER.read_answer(answer)

    assert isinstance(found, Refusal)
    assert found.reason is reason


def ask(method: str = "POST", body: bytes = BODY, authorization: bytes | None = b"Bearer cm9vdDoxMjM=") -> object:
    headers = () if authorization is None else ((b"authorization", authorization),)
    return EXPLORER.read(Request(method, PATH, headers=headers, body=body))


def test_the_address_may_be_left_out_since_not_everybody_needs_it() -> None:
    for body in (
        b"",
        b"{}",
        b"[",
        b'{"address":1,"port":2}',
        b'{"address":"a","port":0}',
        b'{"address":"a","port":true}',
    ):
        assert ask(body=body) == Account("root", "123", "pair")
    assert ask() == Account("root", "123", "pair", "192.168.8.100", 9669)


def test_what_presents_no_account_is_refused() -> None:
    assert ask(method="GET") == Refusal(Reason.NO_METHOD, allow=("POST",))
    assert ask(authorization=None) == Refusal(Reason.NO_CREDENTIAL)
    for value in (b"Bearer !", b"Basic cm9vdDoxMjM=", b"Bearer cm9v", b"cm9vdDoxMjM="):
        assert ask(authorization=value) == Refusal(Reason.BAD_CREDENTIAL), value


@pytest.mark.parametrize(
    ("path", "there"),
    [(PATH, True), ("/api-open/v1/%63onnect", True), (PATH + "/", False), ("/api-open/v1/jobs", False), ("/%", False)],
)
def test_where_it_is_asked(path: str, there: bool) -> None:
    assert EXPLORER.is_at(path) is there


def test_an_account_without_an_address_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="address"):
        EXPLORER.write(Account("root", "123", "array"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"encodings": ()}, ("session.encodings", "at least one, and none twice")),
        ({"encodings": ("pair", "pair")}, ("session.encodings", "at least one, and none twice")),
        ({"lifetime": 0}, ("session.lifetime", "a number of seconds above 0")),
        ({"port": "address"}, ("session.port", "address and port have the same key")),
        ({"method": "PUT", "path": "/api-open/v1/jobs/1/cancel"}, ("session.path", "an operation is asked for there")),
        (
            {"path": "/connect"},
            ("session.path", "it begins with the segments that all paths of the operations begin with"),
        ),
    ],
)
def test_words_that_do_not_go_together_are_told(change: dict[str, object], problem: tuple[str, str]) -> None:
    spec = DIALECTS["explorer"].spec
    assert spec.session is not None

    assert problems_of(replace(spec, session=replace(spec.session, **change))) == [problem]


def test_a_login_needs_a_cookie_to_give() -> None:
    spec, other = DIALECTS["explorer"].spec, DIALECTS["openreplay-v2"].spec

    assert ("session", "what a login gives is a cookie, so `credential.written` is one") in problems_of(
        replace(spec, credential=other.credential)
    )


def test_the_path_of_a_login_is_a_path() -> None:
    spec = DIALECTS["explorer"].spec
    assert spec.session is not None

    found = problems_of(replace(spec, session=replace(spec.session, path="connect")))

    assert [path for path, _ in found] == ["session.path"]
