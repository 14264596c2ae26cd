"""The gateway's session at a backend: one login however many wait, renewed in time, and never a storm."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.backends.entry import Entry
from jobgateway.backends.session import CALM, LONGEST_PAUSE, LONGEST_UNWELL, LONGEST_WAIT, Token
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.accounts import Account
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.wire import Request, Response
from support.gateways import KEY
from support.sessions import LOGINS, Noted, Place, settled

DAYS = 259_200


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


def secret_of(token: object) -> str:
    assert isinstance(token, Token), token
    return token.header[1].decode().removeprefix("explorer_token=")


async def test_nobody_logs_in_before_it_is_needed() -> None:
    place = Place()
    session = place.session(Noted())

    await settled()

    assert place.logins == 0
    await session.aclose()


async def test_however_many_wait_there_is_one_login() -> None:
    place, noted = Place(), Noted()
    place.gate.clear()
    session = place.session(noted)
    waiting = [asyncio.create_task(session.token()) for _ in range(100)]
    await settled()
    place.gate.set()

    tokens = await asyncio.gather(*waiting)

    assert place.logins == place.sessions.opened == 1
    assert len({id(token) for token in tokens}) == 1
    assert place.sessions.takes(secret_of(tokens[0]))
    assert await session.token() is tokens[0]
    assert noted.outcomes == ["ok"]
    await session.aclose()


async def test_who_stops_waiting_does_not_stop_it_for_the_others() -> None:
    place = Place()
    place.gate.clear()
    session = place.session(Noted())
    first, second = (asyncio.create_task(session.token()) for _ in range(2))
    await settled()
    first.cancel()
    await settled()
    assert first.cancelled()
    place.gate.set()

    assert place.sessions.takes(secret_of(await second))
    assert place.logins == 1
    await session.aclose()


async def test_a_login_that_nobody_waits_for_any_more_is_good_for_the_next() -> None:
    place = Place()
    place.gate.clear()
    session = place.session(Noted())
    only = asyncio.create_task(session.token())
    await settled()
    only.cancel()
    await settled()
    place.gate.set()
    await settled()

    assert isinstance(await session.token(), Token)
    assert place.logins == 1
    await session.aclose()


async def test_a_token_is_renewed_ahead_of_its_end_and_nobody_waits() -> None:
    place = Place()
    session = place.session(Noted())
    old = await session.token()
    place.clock.now += DAYS * 0.9 - 1
    assert await session.token() is old
    assert place.logins == 1
    place.clock.now += 2
    place.gate.clear()

    assert [await session.token() for _ in range(10)] == [old] * 10
    place.gate.set()
    await settled()

    new = await session.token()
    assert secret_of(new) != secret_of(old)
    assert place.logins == 2
    await session.aclose()


async def test_a_renewal_that_fails_leaves_the_old_token_until_its_end() -> None:
    place, noted = Place(), Noted()
    session = place.session(noted)
    old = await session.token()
    place.answers = [(503, ())] * 3
    place.clock.now += DAYS * 0.95

    for _ in range(20):
        assert await session.token() is old
        await settled()
    assert place.logins == 2
    place.clock.now += DAYS * 0.1
    found = await session.token()

    assert isinstance(found, Refusal)
    assert found.reason is Reason.BACKEND_UNAVAILABLE
    assert noted.outcomes == ["ok", "backend_unavailable", "backend_unavailable"]
    await session.aclose()


async def test_the_backends_own_lifetime_counts() -> None:
    place = Place(lifetime=60)
    session = place.session(Noted())
    old = await session.token()
    place.clock.now += 61

    new = await session.token()

    assert secret_of(new) != secret_of(old)
    assert place.logins == 2
    await session.aclose()


async def test_a_wrong_password_is_tried_ever_more_seldom() -> None:
    place, noted = Place(), Noted()
    session = place.session(noted, password="wrong")
    tried = []
    for second in range(600):
        before = place.logins
        for _ in range(3):
            found = await session.token()
            assert found == Refusal(Reason.BACKEND_FAILED, "the backend refused the gateway's login")
        if place.logins > before:
            tried.append(second)
            assert place.logins == before + 1
        place.clock.now += 1

    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363, 423, 483, 543]
    assert set(noted.outcomes) == {"bad_credential"}
    await session.aclose()


async def test_a_backend_that_is_not_well_is_tried_again_soon() -> None:
    place = Place()
    session = place.session(Noted())
    place.answers = [(503, ())] * 10
    tried = []
    for second in range(24):
        before = place.logins
        await session.token()
        if place.logins > before:
            tried.append(second)
        place.clock.now += 1

    assert tried == [0, 1, 3, 7, 11, 15, 19, 23]
    assert LONGEST_UNWELL == 4
    await session.aclose()


async def test_after_a_failure_that_has_passed_all_is_as_at_the_beginning() -> None:
    place = Place()
    session = place.session(Noted())
    place.answers = [(500, ()), (502, ())]
    for _ in range(2):
        assert isinstance(await session.token(), Refusal)
        place.clock.now += 10

    assert isinstance(await session.token(), Token)
    place.clock.now += DAYS
    place.answers = [(500, ())]
    assert isinstance(await session.token(), Refusal)
    place.clock.now += 1
    assert isinstance(await session.token(), Token)
    await session.aclose()


@pytest.mark.parametrize(
    ("status", "headers", "refusal"),
    [
        (429, ((b"retry-after", b"30"),), Refusal(Reason.THROTTLED, "the backend answered a login with status 429", retry_after=30)),
        (503, ((b"retry-after", b"30"),), Refusal(Reason.BACKEND_UNAVAILABLE, "the backend answered a login with status 503", retry_after=30)),
        (503, ((b"retry-after", b"soon"),), Refusal(Reason.BACKEND_UNAVAILABLE, "the backend answered a login with status 503")),
        (500, (), Refusal(Reason.BACKEND_FAILED, "the backend answered a login with status 500")),
        (404, (), Refusal(Reason.BACKEND_FAILED, "the backend refused the gateway's login")),
    ],
)  # fmt: skip
async def test_how_a_login_that_fails_is_told(status: int, headers: tuple, refusal: Refusal) -> None:
    place = Place()
    session = place.session(Noted())
    place.answers = [(status, headers)]

    assert await session.token() == refusal

    place.clock.now += 29
    assert isinstance(await session.token(), Refusal) is (refusal.retry_after is not None)
    await session.aclose()


class Broken:
    """A transport over which nothing comes back."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    async def send(self, request: Request) -> Response:
        raise TransportError(self.fault, "the text of it")

    async def aclose(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.UNREACHABLE, Reason.BACKEND_UNAVAILABLE),
        (Fault.BUSY, Reason.BACKEND_UNAVAILABLE),
        (Fault.BROKEN, Reason.BACKEND_FAILED),
        (Fault.UNREADABLE, Reason.BACKEND_FAILED),
    ],
)
async def test_a_login_over_a_broken_connection_says_nothing_of_the_account(fault: Fault, reason: Reason) -> None:
    assert LOGINS is not None
    entry = Entry(LOGINS, Broken(fault), 10.0)

    found = await entry.log_in(Account("root", KEY, "pair", "graphd", 9669))

    assert found == Refusal(reason, "the backend gave no answer to a login: the text of it")


async def test_a_login_has_a_deadline_of_its_own() -> None:
    place = Place()
    place.gate.clear()
    session = place.session(Noted(), timeout=0.01)

    found = await session.token()

    assert found == Refusal(Reason.BACKEND_LATE, "the backend did not answer a login in time")
    await session.aclose()


async def test_a_refused_token_is_replaced_once_for_all() -> None:
    place, noted = Place(), Noted()
    session = place.session(noted)
    old = await session.token()
    assert isinstance(old, Token)
    place.sessions.end()

    news = await asyncio.gather(*(session.instead_of(old) for _ in range(50)))

    assert len({id(new) for new in news}) == 1
    assert place.sessions.takes(secret_of(news[0]))
    assert place.logins == 2
    assert await session.instead_of(old) is news[0]
    assert noted.lost == 1
    await session.aclose()


async def test_a_new_token_that_is_refused_as_well_brings_no_further_login_for_a_while() -> None:
    place = Place()
    session = place.session(Noted())
    first = await session.token()
    assert isinstance(first, Token)
    second = await session.instead_of(first)
    assert isinstance(second, Token)

    assert [await session.instead_of(second) for _ in range(10)] == [None] * 10
    assert await session.token() is second
    assert place.logins == 2
    place.clock.now += CALM

    assert isinstance(await session.instead_of(second), Token)
    assert place.logins == 3
    await session.aclose()


async def test_a_backend_cannot_shut_the_gateway_out_for_a_day() -> None:
    place = Place()
    session = place.session(Noted())
    place.answers = [(503, ((b"retry-after", b"86400"),))]
    assert isinstance(await session.token(), Refusal)
    place.clock.now += LONGEST_WAIT

    assert isinstance(await session.token(), Token)
    await session.aclose()


async def test_closing_gives_up_a_login_under_way() -> None:
    place = Place()
    place.gate.clear()
    session = place.session(Noted())
    waiting = asyncio.create_task(session.token())
    await settled()

    await session.aclose()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert place.sessions.opened == 0


async def test_nothing_shows_a_secret() -> None:
    place = Place()
    session = place.session(Noted())
    token = await session.token()

    for shown in (repr(token), str(token), repr(session), repr(vars(session))):
        assert KEY not in shown
        assert secret_of(token) not in shown
    await session.aclose()


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.sampled_from([0.5, 3.0, 20.0, 45.0, DAYS * 0.5, DAYS * 0.95])),
        st.tuples(st.just("ask"), st.integers(1, 5)),
        st.tuples(st.just("end"), st.just(0)),
        st.tuples(st.just("fail"), st.sampled_from([400, 401, 429, 500, 503])),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_whatever_happens_logins_are_few_and_tokens_are_not_stale(events: list[tuple[str, float]]) -> None:
    async def scenario() -> None:
        place, noted = Place(), Noted()
        session = place.session(noted)
        at: list[float] = []
        for event, value in events:
            if event == "pass":
                place.clock.now += value
            elif event == "end":
                place.sessions.end()
            elif event == "fail":
                place.answers.append((int(value), ()))
            else:
                for found in await asyncio.gather(*(session.token() for _ in range(int(value)))):
                    if isinstance(found, Token):
                        assert place.clock.now < found.ends_at
                        if not place.sessions.takes(secret_of(found)):
                            await session.instead_of(found)
                await settled()
            at += [place.clock.now] * (place.logins - len(at))
        for one, third in zip(at, at[2:], strict=False):
            assert third > one, (
                "no three logins without time between them: one for a refused token, one for its successor"
            )
        assert len(noted.outcomes) == place.logins
        await session.aclose()

    asyncio.run(scenario())


def test_the_pauses_have_bounds() -> None:
    assert (LONGEST_UNWELL, LONGEST_PAUSE, CALM) == (4.0, 60.0, 30.0)
