"""Requests over a backend where the gateway logs in: what callers see of sessions, which is nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from jobgateway.backends.demo import demo_transport
from jobgateway.building import build_backend
from jobgateway.config.model import Caller, Config, Login, Route, Secret
from jobgateway.gateway import Exchange, Gateway
from jobgateway.mock.population import population
from jobgateway.observe.metrics import Metrics
from jobgateway.translation.hub import Reason, Status
from jobgateway.translation.wire import Request
from support.gateways import DIALECTS, KEY, SCOPE
from support.sessions import CONNECT, EXPLORER, Noted, Place, settled
from support.specs import all_specs
from support.world import JOBS, backend, caller, presented

LIST = {
    "openreplay-v2": f"/public/{SCOPE}/jobs",
    "openreplay-v1": f"/api/v1/{SCOPE}/jobs",
    "explorer": "/api-open/v1/jobs",
}
LOGIN = Login("graphd", 9669, "root", Secret(KEY))
BILLING = caller("billing", "billing-key")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


def gateway_at(
    place: Place, observer: Any, *, password: str = KEY, timeout: float = 10.0, known: Caller = BILLING, app: Any = None
) -> Gateway:
    """Every dialect over one backend where the gateway logs in."""
    settings = backend("flow", "explorer", login=LOGIN, timeout=timeout)
    config = Config(
        backends={"flow": settings},
        routes=tuple(Route(name, "flow", "documented") for name in LIST),
        specs=all_specs(),
        callers={known.name: known},
    )
    made = replace(
        build_backend(config, settings, EXPLORER),
        transport=demo_transport(app or place.app),
        session=place.session(observer, password=password),
    )
    return Gateway(config, {"flow": made}, observer)


async def ask(gateway: Gateway, target: str, dialect: str = "openreplay-v2", method: str = "GET") -> Exchange:
    path, _, query = target.partition("?")
    return await gateway.answer(Request(method, path, query, (presented(dialect, "billing-key"),)))


def tokens_in(place: Place) -> list[bytes]:
    """The cookies of all calls, logins left out."""
    return [
        value
        for request in place.seen
        if request.path != CONNECT
        for name, value in request.headers
        if name == b"cookie"
    ]


def one(status: Status) -> int:
    return next(job.id for job in JOBS if job.status is status)


@pytest.mark.parametrize("dialect", sorted(LIST))
async def test_a_known_caller_is_answered_with_the_gateways_token(dialect: str) -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted)

    for _ in range(3):
        exchange = await ask(gateway, LIST[dialect], dialect)
        assert exchange.response.status == 200, exchange

    assert place.logins == 1
    (cookie,) = set(tokens_in(place))
    assert place.sessions.takes(cookie.decode().removeprefix("explorer_token="))
    assert KEY.encode() not in cookie
    assert b"billing-key" not in repr(place.seen).encode()
    await gateway.aclose()


@pytest.mark.parametrize("dialect", sorted(LIST))
async def test_a_session_that_the_backend_ended_is_renewed_and_the_caller_sees_nothing_of_it(dialect: str) -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted)
    first = await ask(gateway, LIST[dialect], dialect)
    place.sessions.end()

    again = await ask(gateway, LIST[dialect], dialect)

    assert again.response == first.response
    assert (again.calls, place.logins, noted.lost) == (2, 2, 1)
    assert noted.calls == ["ok", "bad_credential", "ok"]
    await gateway.aclose()


async def test_many_requests_on_an_ended_session_make_one_login() -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted)
    await ask(gateway, LIST["openreplay-v2"])
    place.sessions.end()

    exchanges = await asyncio.gather(*(ask(gateway, LIST["openreplay-v2"]) for _ in range(40)))

    assert {exchange.response.status for exchange in exchanges} == {200}
    assert place.logins == 2
    await gateway.aclose()


async def test_a_cancel_is_repeated_after_a_refused_token_and_takes_place_once() -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted)
    await ask(gateway, LIST["openreplay-v2"])
    place.sessions.end()
    target = f"{LIST['openreplay-v2']}/{one(Status.RUNNING)}"

    exchange = await ask(gateway, target, method="DELETE")
    again = await ask(gateway, target, method="DELETE")

    assert exchange.response.status == 200
    assert json.loads(exchange.response.body)["data"]["status"] == "cancelled"
    assert again.response.status == 400
    assert sum(request.method == "PUT" for request in place.seen) == 3  # refused unread, done, and refused as done
    await gateway.aclose()


@pytest.mark.parametrize(("dialect", "status"), [("openreplay-v2", 502), ("openreplay-v1", 502), ("explorer", 502)])
async def test_a_login_that_is_refused_is_the_gateways_fault_and_no_storm(dialect: str, status: int) -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted, password="wrong")

    exchanges = [await ask(gateway, LIST[dialect], dialect) for _ in range(100)]

    assert {(each.response.status, each.reason, each.origin) for each in exchanges} == {
        (status, Reason.BACKEND_FAILED, "gateway")
    }
    assert b"the backend refused the gateway's login" in exchanges[0].response.body
    assert place.logins == 1
    assert tokens_in(place) == []
    assert b"www-authenticate" not in dict(exchanges[0].response.headers)
    await gateway.aclose()


def refusing(place: Place, answer: bytes, status: int = 401) -> Callable[..., Any]:
    """A backend that gives tokens and takes none."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        place.seen.append(Request(scope["method"], scope["path"], headers=tuple(scope["headers"])))
        cookie = dict(scope["headers"])[b"cookie"].removeprefix(b"explorer_token=")
        body = answer.replace(b"@", cookie)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def test_a_backend_that_takes_no_token_is_told_so_after_one_more_login() -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted, app=refusing(place, b'{"code":40104001,"message":"ErrSession::lost"}'))

    exchanges = [await ask(gateway, LIST["openreplay-v2"]) for _ in range(50)]

    assert {(each.response.status, each.reason) for each in exchanges} == {(502, Reason.BACKEND_FAILED)}
    assert b"the backend refused the gateway's credential" in exchanges[0].response.body
    assert place.logins == 2
    assert noted.lost == 1
    place.clock.now += 31
    await ask(gateway, LIST["openreplay-v2"])
    assert place.logins == 3
    await gateway.aclose()


async def test_a_refusal_of_something_else_costs_no_login() -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted, app=refusing(place, b'{"code":40304000,"message":"ErrForbidden"}', 403))

    exchange = await ask(gateway, LIST["openreplay-v2"])

    assert (exchange.response.status, exchange.calls, place.logins) == (502, 1, 1)
    await gateway.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b'{"code":0,"data":{"items":[{"id":"@"}],"total":1},"message":"Success"}',
        b'{"code":0,"data":"@"}',
        b"@",
        b'{"@":1}',
    ],
)
@pytest.mark.parametrize("dialect", sorted(LIST))
async def test_a_token_that_a_backend_repeats_is_not_shown(dialect: str, answer: bytes) -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted, app=refusing(place, answer, 200))

    exchange = await ask(gateway, LIST[dialect], dialect)

    assert exchange.response.status == 502
    (cookie,) = set(tokens_in(place))
    assert cookie.removeprefix(b"explorer_token=") not in exchange.response.body + repr(exchange).encode()
    await gateway.aclose()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_the_wait_for_a_login_counts_and_a_cancel_that_waited_is_known_not_to_be_out(method: str) -> None:
    place, noted = Place(), Noted()
    place.gate.clear()
    gateway = gateway_at(place, noted, timeout=0.02)

    exchange = await ask(gateway, f"{LIST['openreplay-v2']}/{one(Status.RUNNING)}", method=method)

    assert (exchange.response.status, exchange.reason) == (504, Reason.BACKEND_LATE)
    assert tokens_in(place) == []
    place.gate.set()
    await settled()
    assert place.sessions.opened == 1
    await gateway.aclose()


async def test_a_callers_own_credential_goes_out_as_it_is() -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted, known=caller("billing", "billing-key", flow="its-own-token"))

    exchange = await ask(gateway, LIST["openreplay-v2"])

    assert (exchange.response.status, exchange.reason) == (502, Reason.BACKEND_FAILED)
    assert set(tokens_in(place)) == {b"explorer_token=its-own-token"}
    assert place.logins == 0
    await gateway.aclose()


async def test_who_is_not_known_reaches_no_session() -> None:
    place, noted = Place(), Noted()
    gateway = gateway_at(place, noted)

    exchange = await gateway.answer(Request("GET", LIST["openreplay-v2"], "", (presented("openreplay-v2", "other"),)))

    assert (exchange.response.status, place.seen) == (401, [])
    await gateway.aclose()


@pytest.mark.parametrize("after", [1, 2, 3, 4])
async def test_a_list_of_many_pages_renews_its_token_on_the_way(after: int) -> None:
    jobs = population(750, seed=3)
    place, noted = Place(jobs=jobs), Noted()
    gateway = gateway_at(place, noted)
    place.before_calls = lambda count: place.sessions.end() if count == after else None

    exchange = await ask(gateway, LIST["openreplay-v1"], "openreplay-v1")

    assert exchange.response.status == 200
    assert sorted(job["jobId"] for job in json.loads(exchange.response.body)["data"]) == [job.id for job in jobs]
    assert place.logins == 2
    await gateway.aclose()


async def test_metrics_tell_how_logins_went() -> None:
    place, metrics = Place(), Metrics("0")
    gateway = gateway_at(place, metrics)
    place.answers = [(503, ())]
    await ask(gateway, LIST["openreplay-v2"])
    told = metrics.exposition().decode()
    assert 'jobgateway_session_logins_total{backend="flow",outcome="backend_unavailable"} 1.0' in told
    assert 'jobgateway_session_failing{backend="flow"} 1.0' in told
    place.clock.now += 5
    await ask(gateway, LIST["openreplay-v2"])
    place.sessions.end()
    await ask(gateway, LIST["openreplay-v2"])

    told = metrics.exposition().decode()

    assert 'jobgateway_session_logins_total{backend="flow",outcome="ok"} 2.0' in told
    assert 'jobgateway_session_lost_total{backend="flow"} 1.0' in told
    assert 'jobgateway_session_failing{backend="flow"} 0.0' in told
    assert KEY not in told
    place.clock.now += 260_000
    place.answers = [(503, ())]
    await ask(gateway, LIST["openreplay-v2"])
    assert 'jobgateway_session_failing{backend="flow"} 1.0' in metrics.exposition().decode()
    await gateway.aclose()
    assert 'jobgateway_session_failing{backend="flow"} 0.0' in metrics.exposition().decode()


def test_every_dialect_with_logins_can_be_logged_in_to() -> None:
    for name, dialect in DIALECTS.items():
        settings = replace(backend("flow", name, login=LOGIN), url="http://127.0.0.1:1")
        config = Config(backends={"flow": settings}, routes=(), specs=all_specs())
        made = build_backend(config, settings, dialect)
        assert (made.session is not None, made.lends) == ((dialect.logins is not None,) * 2)
        assert made.entry is None
