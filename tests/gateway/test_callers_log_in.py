"""Callers who log in at the gateway: their tokens, what these are good for, and how they end."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jobgateway.config.model import Account, Caller, KeyPair, Route, Secret
from jobgateway.gateway import Gateway
from jobgateway.routing.admission import Sender
from jobgateway.routing.door import Door
from jobgateway.routing.holder import MARK, Holder
from jobgateway.routing.tokens import Tokens
from jobgateway.translation.credentials import LONGEST_SECRET
from jobgateway.translation.hub import Reason
from jobgateway.translation.wire import Request
from support.gateways import DIALECTS, KEY, SCOPE
from support.sessions import Clock, Noted, Place
from support.sites import BILLING, BODY, CONNECT, LIST, ROUTE, SESSION_KEY, SHOP, Site, token_of
from support.world import backend, caller, values

OTHER_KEY = "fedcba9876543210fedcba9876543210"
OPEN_REPLAY = backend("replay", "openreplay-v2")
OWN = backend("own", "openreplay-v1")
DAYS = 259_200


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


ACCOUNTS = ['["billing","billing-key"]', "billing:billing-key", '["billing", "newer-key"]', "sue:sues-password"]


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_in_either_encoding_gives_a_token_that_is_good(account: str) -> None:
    site = Site()

    exchange = await site.connect(account)

    assert json.loads(exchange.response.body) == {"code": 0, "data": {"success": True}, "message": "Success"}
    assert exchange.response.media == "application/json"
    (cookie,) = values(exchange.response.headers, b"set-cookie")
    token = token_of(exchange)
    assert cookie.decode() == f"explorer_token={token}; Path=/; Max-Age=259200; HttpOnly"
    name = "shop" if account.startswith("sue") else "billing"
    assert (exchange.caller, exchange.dialect, exchange.backend, exchange.calls) == (name, "explorer", "replay", 0)
    for header in (b"cookie", b"explorer_token"):
        listed = await site.ask(token, header=header)
        assert (listed.response.status, listed.caller) == (200, name)
    assert all(values(request.headers, b"authorization") == [f"Bearer {KEY}".encode()] for request in site.seen)


@pytest.mark.parametrize(
    "account",
    [
        "billing:wrong",
        "nobody:billing-key",
        "shop:shop-key",
        "sue:shop-key",
        "billing:",
        ":",
        "billing",
        '["billing"]',
        b"\xff:",
    ],
)
async def test_a_wrong_account_is_the_documented_refusal(account: str) -> None:
    site = Site()

    exchange = await site.connect(account)

    assert exchange.response.status == 401
    assert json.loads(exchange.response.body) == {"code": 40104001, "message": "ErrSession"}
    assert values(exchange.response.headers, b"set-cookie") == []
    assert (exchange.caller, site.seen) == (None, [])


async def test_no_account_at_all_and_another_method() -> None:
    site = Site()
    bare = await site.gateway.answer(Request("POST", CONNECT, "", ((b"host", b"g"),)))
    got = await site.connect("billing:billing-key", method="GET")

    assert (bare.response.status, bare.reason) == (401, Reason.NO_CREDENTIAL)
    assert (got.response.status, got.response.value(b"allow")) == (405, b"POST")


async def test_address_and_port_are_ignored_where_the_gateway_answers() -> None:
    site = Site()

    for body in (b"", b"[", b'{"address": 5}'):
        assert (await site.connect("billing:billing-key", body=body)).response.status == 200


async def test_a_token_that_is_no_longer_good_does_not_hinder_logging_in_again() -> None:
    site = Site()
    headers = ((b"host", b"g"), (b"authorization", b"Bearer " + base64.b64encode(b"billing:billing-key")))

    for cookie in (b"explorer_token=jg1-old.x", b"explorer_token=stale"):
        exchange = await site.gateway.answer(Request("POST", CONNECT, "", (*headers, (b"cookie", cookie)), BODY))
        assert exchange.response.status == 200


async def test_a_plain_key_is_as_good_as_before() -> None:
    site = Site()

    assert (await site.ask("billing-key")).caller == "billing"
    assert (await site.ask("sues-password")).reason is Reason.BAD_CREDENTIAL


async def test_without_a_key_nobody_can_log_in_and_the_answer_says_why() -> None:
    site = Site(keys=())

    exchange = await site.connect("billing:wrong")

    assert (exchange.response.status, exchange.reason) == (501, Reason.UNSUPPORTED)
    assert b"sessions.key is not given" in exchange.response.body


async def test_behind_tls_the_cookie_is_for_tls_only() -> None:
    exchange = await Site(secure=True).connect("billing:billing-key")

    (cookie,) = values(exchange.response.headers, b"set-cookie")
    assert cookie.endswith(b"; Max-Age=259200; HttpOnly; Secure")


async def test_any_replica_with_the_key_takes_the_token_and_none_without() -> None:
    token = token_of(await Site().connect("billing:billing-key"))

    assert (await Site().ask(token)).caller == "billing"
    assert (await Site(keys=(OTHER_KEY, SESSION_KEY)).ask(token)).caller == "billing"
    stranger = await Site(keys=(OTHER_KEY,)).ask(token)
    assert (stranger.response.status, stranger.reason) == (401, Reason.BAD_CREDENTIAL)
    later = token_of(await Site(keys=(OTHER_KEY, SESSION_KEY)).connect("billing:billing-key"))
    assert (await Site(keys=(OTHER_KEY,)).ask(later)).caller == "billing"


RENAMED = replace(caller("billing", "billing-key"), account=Account("bill", Secret("billing-key")))
REVOKING = {
    "the caller is gone": (SHOP,),
    "its keys are others": (caller("billing", "another-key"), SHOP),
    "the key that it logged in with is gone": (caller("billing", "newer-key"),),
    "its username is another": (RENAMED,),
    "its name is another's": (caller("billing", "shop-key"),),
}


@pytest.mark.parametrize("callers", REVOKING.values(), ids=REVOKING)
async def test_a_token_is_taken_back_with_the_account(callers: tuple[Caller, ...]) -> None:
    token = token_of(await Site().connect("billing:billing-key"))
    site = Site(callers=callers)

    exchange = await site.ask(token)

    assert (exchange.response.status, exchange.reason, site.seen) == (401, Reason.BAD_CREDENTIAL, [])


async def test_what_does_not_concern_the_account_takes_no_token_back() -> None:
    token = token_of(await Site().connect("billing:billing-key"))
    more = caller("billing", "billing-key", "a-third-key", replay=KEY)

    assert (await Site(callers=(more,)).ask(token)).response.status == 200


async def test_a_routes_own_callers_are_asked_of_the_one_who_logs_in() -> None:
    only = replace(ROUTE, callers=("shop",))

    forbidden = await Site(routes=(only,)).connect("billing:billing-key")
    let_in = await Site(routes=(only, ROUTE)).connect("billing:billing-key")

    assert (forbidden.response.status, forbidden.reason) == (403, Reason.FORBIDDEN)
    assert let_in.response.status == 200


async def test_a_route_with_a_prefix_is_logged_in_at_behind_it() -> None:
    site = Site(routes=(replace(ROUTE, prefix=("eu",)),))

    token = token_of(await site.connect("billing:billing-key", path="/eu" + CONNECT))

    assert (await site.ask(token, "/eu" + LIST)).response.status == 200
    assert (
        await site.connect("billing:billing-key")
    ).response.status == 401  # where there is no route, as for a wrong one


async def test_dialects_without_logins_take_no_token() -> None:
    site = Site(routes=(ROUTE, Route("openreplay-v2", "replay", "documented")))
    token = token_of(await site.connect("billing:billing-key"))
    request = Request("GET", f"/public/{SCOPE}/jobs", "", ((b"authorization", f"Bearer {token}".encode()),))

    assert (await site.gateway.answer(request)).reason is Reason.BAD_CREDENTIAL


# Backends that judge their callers


def claims(token: str) -> bytes:
    """All that whoever holds a token can read of it."""
    text = token.removeprefix(MARK).rpartition(".")[0]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_without_callers_the_password_is_the_backends_key_and_nobody_can_read_it() -> None:
    site = Site((OPEN_REPLAY,), callers=None)

    token = token_of(await site.connect(f"anybody:{KEY}"))
    exchange = await site.ask(token)

    assert exchange.response.status == 200
    assert values(site.seen[0].headers, b"authorization") == [f"Bearer {KEY}".encode()]
    assert KEY not in token
    for form in (KEY.encode(), base64.b64encode(KEY.encode())[:-2], KEY.encode()[::-1]):
        assert form not in claims(token)
    assert (await site.ask(token_of(await site.connect(f"anybody:{KEY}")))).response.status == 200


async def test_a_password_that_the_backend_does_not_take_is_the_callers_fault() -> None:
    site = Site((OPEN_REPLAY,), callers=None)

    exchange = await site.ask(token_of(await site.connect("anybody:wrong")))

    assert (exchange.response.status, exchange.origin) == (401, "backend")


async def test_a_password_that_the_backends_dialect_cannot_carry_is_a_wrong_one() -> None:
    site = Site((OPEN_REPLAY,), callers=None)

    for password in ("a b", "ä", "", "x" * 5000):
        assert (await site.connect(f"anybody:{password}")).reason is Reason.BAD_CREDENTIAL


async def test_a_sealed_secret_goes_to_the_backend_that_it_was_given_for_and_to_no_other() -> None:
    other = replace(ROUTE, backend="own", prefix=("own",))
    site = Site((OPEN_REPLAY, OWN), (ROUTE, other), None)
    token = token_of(await site.connect(f"anybody:{KEY}"))

    exchange = await site.ask(token, "/own" + LIST)

    assert (exchange.response.status, site.seen) == (401, [])


async def test_a_known_callers_key_is_shown_to_backends_that_judge_it_and_sealed_only_then() -> None:
    known = caller("billing", KEY)
    lent = token_of(await Site(callers=(known,)).connect(f"billing:{KEY}"))
    site = Site((OPEN_REPLAY,), callers=(known,))
    passed = token_of(await site.connect(f"billing:{KEY}"))

    assert (await site.ask(passed)).response.status == 200
    assert values(site.seen[0].headers, b"authorization") == [f"Bearer {KEY}".encode()]
    assert len(passed) > len(lent)
    bare = await site.ask(lent)
    assert (bare.response.status, bare.reason) == (401, Reason.NO_CREDENTIAL)


async def test_where_anyone_may_ask_anyone_may_log_in_and_nothing_is_sealed() -> None:
    site = Site(routes=(replace(ROUTE, open=True),), callers=None)

    token = token_of(await site.connect("anybody:anything"))

    assert (await site.ask(token)).response.status == 200
    assert (await site.ask("jg1-broken.x")).response.status == 200
    assert len(claims(token)) < 30


async def test_without_callers_and_without_a_key_nothing_can_be_sealed() -> None:
    exchange = await Site((OPEN_REPLAY,), callers=None, keys=()).connect(f"anybody:{KEY}")

    assert (exchange.response.status, exchange.reason) == (501, Reason.UNSUPPORTED)


@pytest.mark.parametrize("text", [f'["root","{KEY}"]', f"root:{KEY}"])
@pytest.mark.parametrize("keys", [(), (SESSION_KEY,)])
async def test_towards_a_backend_with_logins_the_login_is_passed_on_and_its_token_too(
    text: str, keys: tuple[str, ...]
) -> None:
    place = Place(lifetime=600)
    site = Site((backend("flow", "explorer"),), (replace(ROUTE, backend="flow"),), None, keys, place=place)

    exchange = await site.connect(text)

    token = token_of(exchange)
    assert place.sessions.takes(token) and not token.startswith(MARK)
    assert b"Max-Age=600;" in values(exchange.response.headers, b"set-cookie")[0]
    (asked,) = place.seen
    assert json.loads(asked.body) == {"address": "graphd", "port": 9669}
    assert values(asked.headers, b"authorization") == [b"Bearer " + base64.b64encode(text.encode())]
    assert (await site.ask(token)).response.status == 200
    place.sessions.end()
    ended = await site.ask(token)
    assert (ended.response.status, json.loads(ended.response.body)["code"]) == (401, 40104001)
    assert place.logins == 1


async def test_a_backend_may_be_such_a_gateway_itself() -> None:
    theirs = "jg1-of-another-gateway.x"
    place = Place(key=theirs)
    route = replace(ROUTE, backend="flow")
    site = Site((backend("flow", "explorer"),), (route,), None, place=place)
    known = Site((backend("flow", "explorer"),), (route,), (BILLING,), place=place)

    assert (await site.ask(theirs)).response.status == 200
    asked = len(place.seen)
    assert (await known.ask(theirs)).reason is Reason.BAD_CREDENTIAL
    assert len(place.seen) == asked


async def test_a_login_that_is_passed_on_fails_as_the_backend_says() -> None:
    place = Place()
    site = Site((backend("flow", "explorer"),), (replace(ROUTE, backend="flow"),), None, place=place)

    assert (await site.connect("root:wrong")).reason is Reason.BAD_CREDENTIAL
    assert (await site.connect(f"root:{KEY}", body=b"")).reason is Reason.BAD_PARAMETER
    for status, reason in ((503, Reason.BACKEND_UNAVAILABLE), (500, Reason.BACKEND_FAILED), (429, Reason.THROTTLED)):
        place.answers = [(status, ((b"retry-after", b"7"),))]
        exchange = await site.connect(f"root:{KEY}")
        assert (exchange.reason, exchange.response.value(b"retry-after")) == (reason, b"7")


async def test_where_callers_speak_tls_the_cookie_is_for_tls_only() -> None:
    site = Site()
    config = site.gateway.config
    listen = replace(config.listen, tls=KeyPair("tls.crt", "tls.key"))
    site.gateway = Gateway(replace(config, listen=listen), {"replay": site.gateway.lanes[0].backend}, Noted())

    (cookie,) = values((await site.connect("billing:billing-key")).response.headers, b"set-cookie")

    assert b"Secure" in cookie.split(b"; ")


async def test_a_token_that_ends_is_refused_on_a_connection_that_it_was_good_on() -> None:
    clock = Clock()
    site = Site()
    made = tokens(clock, BILLING)
    door = Door(site.gateway.config, site.gateway.lanes, made)
    token = made.make(Holder("billing"), 60, ("billing", BILLING.key_digests[0]))
    assert token is not None
    headers = ((b"host", b"g"), (b"cookie", f"explorer_token={token}".encode()))
    request, sender = Request("GET", LIST, "", headers), Sender(headers)

    before = [door.admit(request, sender).refusal for _ in range(2)]
    clock.now += 60
    after = [door.admit(request, sender).refusal for _ in range(2)]

    assert before == [None, None]
    assert [refusal and refusal.reason for refusal in after] == [Reason.BAD_CREDENTIAL] * 2


# Tokens by themselves


def tokens(clock: Clock, *callers: Caller) -> Tokens:
    return Tokens([SESSION_KEY.encode()], callers, clock)


TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@given(st.none() | TEXTS, st.text(alphabet="abc.-", max_size=9), st.integers(1, 10_000_000), st.integers(0, 10_000_000))
def test_a_token_says_what_it_was_made_for_until_its_time_is_up(
    secret: str | None, name: str, lifetime: int, passed: int
) -> None:
    clock = Clock()
    made = tokens(clock)
    holder = Holder(backend=name, secret=secret)

    token = made.make(holder, lifetime)
    assert token is not None
    clock.now += passed

    assert made.read(token) == (holder if passed < lifetime else None)
    assert repr(made.read(token)) in ("None", f"Holder('', {name!r})")


@given(
    st.text(max_size=80).map(lambda text: MARK + text)
    | st.binary(max_size=80).map(lambda raw: MARK + base64.urlsafe_b64encode(raw).decode() + ".x")
)
def test_any_text_is_read_as_no_token(text: str) -> None:
    assert tokens(Clock(), BILLING).read(text) is None


def test_a_token_of_one_caller_cannot_be_made_anothers() -> None:
    clock = Clock()
    made = tokens(clock, BILLING, SHOP)
    mine = made.make(Holder("billing"), 60, ("billing", BILLING.key_digests[0]))
    forged = made.make(Holder("shop"), 60, ("billing", BILLING.key_digests[0]))
    assert mine is not None and forged is not None

    assert made.read(mine) == Holder("billing")
    assert made.read(forged) is None
    assert made.read(mine.rpartition(".")[0] + "." + forged.rpartition(".")[2]) is None


def test_a_token_for_a_stranger_is_not_one_for_a_caller() -> None:
    made = tokens(Clock(), BILLING)
    stranger = made.make(Holder("", "replay"), 60)
    assert stranger is not None

    assert made.read(stranger) == Holder("", "replay")
    named = made.make(Holder("billing", "replay"), 60)
    assert named is not None
    assert made.read(named) is None


def test_a_token_is_no_longer_than_carriers_take() -> None:
    made = tokens(Clock())

    assert made.make(Holder(secret="x" * LONGEST_SECRET), 60) is None
    fitting = made.make(Holder(secret="x" * 2900), 60)
    assert fitting is not None and len(fitting) <= LONGEST_SECRET
    assert DIALECTS["explorer"].write_secret(fitting) is not None


def test_two_tokens_for_the_same_are_not_alike_where_something_is_sealed() -> None:
    made = tokens(Clock())
    sealed = {made.make(Holder(secret=KEY), 60) for _ in range(5)}

    assert len(sealed) == 5


def test_all_logins_at_once_are_answered() -> None:
    async def scenario() -> None:
        site = Site()
        exchanges = await asyncio.gather(
            *(site.connect(each) for each in itertools.islice(itertools.cycle(ACCOUNTS), 40))
        )
        assert {each.response.status for each in exchanges} == {200}

    asyncio.run(scenario())


def test_the_lifetime_is_the_documents() -> None:
    spec: Any = DIALECTS["explorer"].spec.session

    assert spec.lifetime == DAYS == 3 * 24 * 3600
