"""Whatever goes wrong between a request and its answer, the caller reads the answer in its own dialect."""

import asyncio
import json

import pytest

from jobgateway.config.model import Limits
from jobgateway.edge.head import head_of
from jobgateway.translation.hub import Operation
from jobgateway.translation.wire import Request
from support.edges import (
    ASKED,
    BEARER,
    EXPLORER_LIST,
    GOOD_HEADERS,
    HOST,
    V2_LIST,
    Caller,
    EdgeUnderTest,
    Gate,
    config_of,
    ended,
    gateway_over,
)

pytestmark = pytest.mark.anyio

SECRET = "hush-hush-Sesame42"


class Breaking:
    """A gateway in which something is broken, as only a defect could break it."""

    def __init__(self, error, *, refuses=True):
        self.config = config_of()
        self._whole = gateway_over(self.config)
        self._error = error
        self._refuses = refuses

    async def answer(self, request, *_):
        raise self._error

    def refuse(self, request, refusal):
        if not self._refuses:
            raise self._error
        return self._whole.refuse(request, refusal)

    async def aclose(self):
        await self._whole.aclose()


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("openreplay-v2", {"error": "the gateway failed"}),
        ("openreplay-v1", {"errors": ["Internal server error."]}),
        ("explorer", {"code": 50004000, "message": "ErrInternalServer"}),
    ],
)
async def test_an_internal_error_is_answered_in_the_dialect_and_its_text_stays_inside(dialect, expected):
    edge = EdgeUnderTest(gateway=Breaking(ValueError(SECRET)))
    target, credential = ASKED[dialect]

    answer = await edge.ask(target, (HOST, credential, (b"x-request-id", b"r1")))

    assert (answer.status, answer.json()) == (500, expected)
    (event,) = edge.events
    assert (event["event"], event["level"], event["request_id"]) == ("internal_error", "error", "r1")
    (error,) = event["errors"]
    assert error["type"] == "ValueError"
    assert any(frame.startswith("edge/answering.py:") for frame in error["frames"])
    for told in (answer.body.decode(), edge.raw_events, repr(edge.kept.requests), repr(answer.headers)):
        assert SECRET not in told
        assert "Traceback" not in told


async def test_the_members_and_causes_of_an_error_are_told_by_type():
    error = ExceptionGroup(SECRET, [OSError(SECRET)])
    error.__cause__ = KeyError(SECRET)
    edge = EdgeUnderTest(gateway=Breaking(error))

    await edge.ask()

    assert [each["type"] for each in edge.events[0]["errors"]] == ["ExceptionGroup", "OSError", "KeyError"]
    assert SECRET not in edge.raw_events


async def test_where_even_refusing_fails_the_answer_is_a_problem():
    edge = EdgeUnderTest(gateway=Breaking(ValueError(SECRET), refuses=False))

    answer = await edge.ask()

    assert (answer.status, answer.value(b"content-type")) == (500, b"application/problem+json")
    assert SECRET not in answer.body.decode()
    assert [event["event"] for event in edge.events] == ["internal_error", "internal_error"]


@pytest.mark.parametrize(
    ("headers", "chunks"),
    [
        (((b"content-length", b"11"),), (b"01234567890",)),
        (((b"transfer-encoding", b"chunked"),), (b"012345", b"67890")),
        (((b"content-length", b"999999999999999999999999"),), (b"",)),
    ],
    ids=["announced", "chunked", "absurd"],
)
async def test_a_body_beyond_the_limit_is_refused(headers, chunks):
    edge = EdgeUnderTest(config_of(limits=Limits(request_body=10)))

    answer = await edge.ask(EXPLORER_LIST, (*GOOD_HEADERS, *headers), caller=Caller(*chunks))

    assert answer.status == 413
    assert answer.json() == {"code": 41304000, "message": "ErrTooLarge::limits.request_body is 10 bytes"}
    assert answer.value(b"connection") is None
    assert not edge.seen


async def test_a_body_that_was_only_announced_ends_the_connection_when_it_is_too_large():
    edge = EdgeUnderTest(config_of(limits=Limits(request_body=10)))
    announced = ((b"content-length", b"11"), (b"expect", b"100-continue"))

    answer = await edge.ask(headers=(*GOOD_HEADERS, *announced))

    assert (answer.status, answer.value(b"connection")) == (413, b"close")


async def test_a_body_of_just_the_limit_is_taken():
    edge = EdgeUnderTest(config_of(limits=Limits(request_body=10)))

    answer = await edge.ask(headers=(*GOOD_HEADERS, (b"content-length", b"10")), caller=Caller(b"01234", b"56789"))

    assert answer.status == 200


async def test_a_caller_who_leaves_before_its_body_is_sent_gets_no_answer_and_is_recorded():
    edge, caller = EdgeUnderTest(), Caller(b"half", b"never sent")
    receive = caller.receive
    chunks = 0

    async def leaving():
        nonlocal chunks
        chunks += 1
        return await receive() if chunks == 1 else {"type": "http.disconnect"}

    caller.receive = leaving

    answer = await edge.ask(headers=(*GOOD_HEADERS, (b"content-length", b"99")), caller=caller)

    assert not answer.messages
    (served,) = edge.kept.requests
    assert (served.status, served.reason, served.origin) == (499, "caller_gone", "gateway")


async def test_what_is_done_for_a_caller_who_leaves_while_waiting_is_cancelled():
    gate, caller = Gate(), Caller()
    edge = EdgeUnderTest(gate=gate)
    asking = asyncio.create_task(edge.ask(caller=caller))
    await gate.reached.wait()

    caller.gone.set()
    answer = await ended(asking)

    assert gate.left_early.is_set()
    assert not answer.messages
    assert [(served.status, served.reason) for served in edge.kept.requests] == [(499, "caller_gone")]
    assert edge.current.inflight == 0


async def test_a_caller_who_waits_long_is_answered():
    gate = Gate()
    edge = EdgeUnderTest(gate=gate)
    asking = asyncio.create_task(edge.ask())
    await gate.reached.wait()
    await asyncio.sleep(0.2)  # long enough to be watched

    gate.open.set()

    assert (await ended(asking)).status == 200
    assert not gate.left_early.is_set()


async def test_one_callers_leaving_does_not_touch_another():
    gate, leaver = Gate(), Caller()
    edge = EdgeUnderTest(gate=gate)
    leaving = asyncio.create_task(edge.ask(caller=leaver))
    staying = asyncio.create_task(edge.ask())
    await gate.reached.wait()

    leaver.gone.set()
    await ended(leaving)
    gate.open.set()

    assert (await ended(staying)).status == 200


@pytest.mark.parametrize(
    ("method", "target", "reason"),
    [("GET", V2_LIST, "backend_late"), ("DELETE", f"{V2_LIST}/3451", "outcome_unknown")],
)
async def test_a_request_that_outlives_the_drain_is_told_so(method, target, reason):
    gate = Gate()
    edge = EdgeUnderTest(gate=gate)
    asking = asyncio.create_task(edge.ask(target, method=method))
    await gate.reached.wait()

    asking.cancel()
    answer = await asking

    assert answer.status == 504
    assert edge.kept.requests[0].reason == reason


async def test_a_draining_edge_ends_every_connection():
    edge = EdgeUnderTest()
    edge.app.draining = True

    answer = await edge.ask()

    assert (answer.status, answer.value(b"connection")) == (200, b"close")


async def test_a_connection_too_many_is_turned_away_in_the_dialect():
    edge = EdgeUnderTest(config_of(limits=Limits(connections=7)))

    response = edge.app.turn_away(
        edge.app.answering.incoming(Request("GET", EXPLORER_LIST), head_of((), "1.1"))
    ).response

    assert (response.status, response.value(b"retry-after")) == (503, b"1")
    assert json.loads(response.body) == {"code": 50304000, "message": "ErrUnavailable::limits.connections is 7"}
    assert edge.kept.requests[0].reason == "overloaded"
    assert not edge.seen


async def test_what_is_recorded_of_a_request_is_who_what_and_how():
    edge = EdgeUnderTest()

    answer = await edge.ask()

    (served,) = edge.kept.requests
    assert (served.dialect, served.backend, served.operation) == ("openreplay-v2", "store", Operation.LIST)
    assert (served.status, served.reason, served.origin, served.caller) == (200, None, "backend", None)
    assert (served.backend_calls, served.size) == (len(edge.seen), len(answer.body))
    assert served.seconds > 0


async def test_a_websocket_is_closed_before_its_handshake():
    messages = []

    async def send(message):
        messages.append(message)

    await EdgeUnderTest().app({"type": "websocket"}, Caller().receive, send)

    assert messages == [{"type": "websocket.close", "code": 1000}]


async def test_a_scope_that_is_no_connection_is_an_error_of_the_server():
    with pytest.raises(ValueError, match="lifespan"):
        await EdgeUnderTest().app({"type": "lifespan"}, Caller().receive, None)


async def test_an_answer_without_content_type_says_none():
    config = config_of()
    routes = tuple(type(route)(route.dialect, route.backend, "deployed") for route in config.routes[:1])
    edge = EdgeUnderTest(type(config)(config.backends, routes, config.specs))

    answer = await edge.ask(headers=(HOST,))

    assert (answer.status, answer.body, answer.value(b"content-type")) == (401, b"", None)
    assert answer.value(b"www-authenticate") == BEARER[1].split()[0]
