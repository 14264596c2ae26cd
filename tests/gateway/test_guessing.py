"""Failed logins are counted by name, and tries that come too often are answered without asking anything."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jobgateway.config.model import Account, Caller, Secret
from jobgateway.gateway import Exchange
from jobgateway.routing.accounts import Accounts
from jobgateway.routing.guesses import AT_ONCE, EACH, PLACES, Guesses
from jobgateway.routing.reception import Reception
from jobgateway.translation.hub import Reason
from support.gateways import KEY
from support.sessions import Clock, Place
from support.sites import BILLING, ROUTE, Site, token_of
from support.world import backend, values

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def timed(clock: Clock, **how: Any) -> Site:
    """A site whose failed logins are forgotten as this clock goes."""
    site = Site(**how)
    gateway = site.gateway
    gateway.reception = Reception(
        gateway.config, gateway.lanes, gateway.door.lanes_for, gateway.reception._tokens, Guesses(clock)
    )
    return site


def told(exchange: Exchange) -> tuple[int, bytes | None]:
    return exchange.response.status, exchange.response.value(b"retry-after")


async def fail(site: Site, name: str, times: int = AT_ONCE) -> None:
    for number in range(times):
        assert told(await site.connect(f"{name}:wrong-{number}")) == (401, None)


async def test_many_tries_for_one_account_are_told_when_to_try_again(clock: Clock) -> None:
    site = timed(clock)
    await fail(site, "billing")

    exchange = await site.connect("billing:once-more")

    assert told(exchange) == (429, b"10")
    assert json.loads(exchange.response.body) == {
        "code": 42904000,
        "message": "ErrTooManyRequests::too many logins with this name have failed",
    }
    assert (exchange.reason, exchange.caller, exchange.origin) == (Reason.THROTTLED, None, "gateway")


async def test_then_nobody_looks_whether_the_password_is_right(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    site = timed(clock)
    await fail(site, "billing")
    monkeypatch.setattr(Accounts, "find", None)

    for text in ("billing:wrong", "billing:billing-key"):
        assert told(await site.connect(text)) == (429, b"10")


async def test_a_right_password_of_another_account_is_none_of_this(clock: Clock) -> None:
    site = timed(clock)
    await fail(site, "billing")

    assert (await site.connect("sue:sues-password")).caller == "shop"


async def test_who_is_unknown_is_treated_as_who_is_known(clock: Clock) -> None:
    names = ("billing", "sue", "nobody", "", "x" * 500)
    heard = {}
    for name in names:
        clock.now = 1_000_000.0
        site = timed(clock)
        heard[name] = []
        for _ in range(3 * AT_ONCE):
            exchange = await site.connect(json.dumps([name, "wrong"]))
            heard[name].append((exchange.response.status, exchange.response.body, exchange.response.headers))
            clock.now += 3

    assert len({json.dumps([each[0] for each in answers]) for answers in heard.values()}) == 1
    assert all(answers == heard["billing"] for answers in heard.values())
    assert {answer[0] for answer in heard["nobody"]} == {401, 429}


async def test_a_caller_is_let_in_within_seconds_of_the_last_wrong_try(clock: Clock) -> None:
    site = timed(clock)
    for _ in range(50 * AT_ONCE):
        await site.connect("billing:wrong")
    assert told(await site.connect("billing:billing-key")) == (429, b"10")

    clock.now += EACH

    assert (await site.connect("billing:billing-key")).caller == "billing"


async def test_tokens_and_keys_go_on_being_good_meanwhile(clock: Clock) -> None:
    site = timed(clock)
    token = token_of(await site.connect("billing:billing-key"))
    await fail(site, "billing")

    assert (await site.connect("billing:billing-key")).response.status == 429
    assert (await site.ask(token)).caller == "billing"
    assert (await site.ask("billing-key")).caller == "billing"


async def test_right_passwords_are_not_counted(clock: Clock) -> None:
    site = timed(clock)

    assert {(await site.connect("billing:billing-key")).response.status for _ in range(3 * AT_ONCE)} == {200}


async def test_where_nobody_can_log_in_the_answer_says_so_however_often(clock: Clock) -> None:
    site = timed(clock, keys=())

    assert {(await site.connect("billing:wrong")).reason for _ in range(2 * AT_ONCE)} == {Reason.UNSUPPORTED}


async def test_where_anyone_may_ask_strangers_are_let_in_and_no_account_is_looked_for(clock: Clock) -> None:
    """A route that is open takes any login; it must not be a way to try passwords of known callers."""
    site = timed(clock, routes=(replace(ROUTE, open=True),))
    for _ in range(AT_ONCE):
        assert (await site.connect("billing:wrong")).caller is None

    exchange = await site.connect("billing:billing-key")

    assert (exchange.response.status, exchange.caller) == (200, None)
    clock.now += EACH
    assert (await site.connect("billing:billing-key")).caller == "billing"


# Logins that a backend answers


def passed_on(clock: Clock, place: Place, callers: tuple[Caller, ...] | None = None) -> Site:
    route = replace(ROUTE, backend="flow", open=callers is not None)
    return timed(clock, backends=(backend("flow", "explorer"),), routes=(route,), callers=callers, place=place)


async def test_a_backend_that_judges_logins_is_not_asked_too_often(clock: Clock) -> None:
    place = Place()
    site = passed_on(clock, place)
    await fail(site, "root")
    assert place.logins == AT_ONCE

    for text in ("root:wrong", f"root:{KEY}"):
        assert told(await site.connect(text)) == (429, b"10")
    assert place.logins == AT_ONCE
    assert (await site.connect(f"other:{KEY}")).response.status == 200
    clock.now += EACH
    assert (await site.connect(f"root:{KEY}")).response.status == 200


async def test_nor_by_many_at_once(clock: Clock) -> None:
    place = Place()
    place.gate.clear()
    site = passed_on(clock, place)

    trying = [asyncio.create_task(site.connect(f"root:wrong-{number}")) for number in range(5 * AT_ONCE)]
    await asyncio.sleep(0.01)
    place.gate.set()
    statuses = [exchange.response.status for exchange in await asyncio.gather(*trying)]

    assert statuses.count(401) == place.logins == AT_ONCE
    assert statuses.count(429) == 4 * AT_ONCE


async def test_nor_by_those_who_do_not_wait_for_the_answer(clock: Clock) -> None:
    place = Place()
    place.gate.clear()
    site = passed_on(clock, place)
    for number in range(AT_ONCE):
        trying = asyncio.create_task(site.connect(f"root:wrong-{number}"))
        await asyncio.sleep(0)
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)

    assert (await site.connect("root:wrong")).response.status == 429


@pytest.mark.parametrize(("status", "told"), [(429, 429), (500, 502), (503, 503)])
async def test_a_backend_that_is_not_well_says_nothing_of_the_password(clock: Clock, status: int, told: int) -> None:
    place = Place()
    site = passed_on(clock, place)
    place.answers = [(status, ())] * (2 * AT_ONCE)
    for _ in range(2 * AT_ONCE):
        assert (await site.connect("root:wrong")).response.status == told

    assert (await site.connect(f"root:{KEY}")).response.status == 200


async def test_those_who_share_a_name_and_know_the_password_are_all_let_in(clock: Clock) -> None:
    site = passed_on(clock, Place())
    for _ in range(3):
        exchanges = await asyncio.gather(*(site.connect(f"root:{KEY}") for _ in range(AT_ONCE)))
        assert {exchange.response.status for exchange in exchanges} == {200}


async def test_a_backend_is_not_kept_from_others_by_tries_for_a_callers_account(clock: Clock) -> None:
    caller = Caller("root", BILLING.key_digests, Account("root", Secret("of-the-caller")))
    site = passed_on(clock, Place(), (caller,))
    for _ in range(AT_ONCE):
        await site.connect(f"root:{KEY}")

    exchange = await site.connect(f"root:{KEY}")

    assert (exchange.response.status, exchange.caller) == (200, None)
    assert values(exchange.response.headers, b"set-cookie")


# The counting by itself


@given(st.lists(st.tuples(st.floats(0, 60), st.sampled_from(["fail", "pardoned"])), max_size=200))
def test_never_more_tries_fail_than_a_few_and_one_in_each_interval(steps: list[tuple[float, str]]) -> None:
    clock = Clock()
    guesses = Guesses(clock)
    begun, failed = clock.now, 0
    for passed, what in steps:
        clock.now += passed
        wait = guesses.wait("name")
        assert 0 <= wait <= EACH
        if wait:
            continue
        guesses.fail("name")
        if what == "fail":
            failed += 1
        else:
            guesses.pardon("name")
        assert failed <= AT_ONCE + (clock.now - begun) / EACH

    clock.now += EACH
    assert guesses.wait("name") == 0


def test_whoever_waits_as_long_as_was_said_may_try() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(AT_ONCE):
        guesses.fail("name")
        clock.now += 0.3
    clock.now += guesses.wait("name")

    assert guesses.wait("name") == 0


def test_many_names_take_no_more_room_and_make_nothing_forgotten() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(AT_ONCE):
        guesses.fail("victim")
    size = guesses._forgotten.buffer_info()[1]

    for number in range(2 * PLACES):
        guesses.fail(f"name {number}")

    assert guesses._forgotten.buffer_info()[1] == size == PLACES
    assert guesses.wait("victim") > 0
    others = [f"another {number}" for number in range(1000)]
    waiting = [name for name in others if guesses.wait(name) > 0]
    assert [name for name in waiting if guesses._place(name) != guesses._place("victim")] == []


def test_which_names_share_a_place_differs_from_process_to_process() -> None:
    names = [f"name {number}" for number in range(50)]

    assert [Guesses()._place(name) for name in names] != [Guesses()._place(name) for name in names]
    assert Guesses()._place("\ud800") in range(PLACES)
