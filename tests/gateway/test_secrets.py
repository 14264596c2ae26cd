"""Headers that reach a backend are those of a list; secrets leave the gateway in one header and nowhere else."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import anyio
import pytest

from jobgateway.asgi import Receive, Scope, Send
from jobgateway.config.model import Route
from jobgateway.gateway import Exchange
from jobgateway.translation.wire import Headers
from support.corpora import corpus
from support.gateways import SCOPE
from support.world import World, backend, caller, presented, world

NAMES = ("openreplay-v2", "openreplay-v1", "explorer")
PAIRS = list(itertools.product(NAMES, NAMES))
TRANSPORTS = {"host", "accept", "user-agent", "accept-encoding", "connection"}
CARRIER = {"openreplay-v2": "authorization", "openreplay-v1": "authorization", "explorer": "cookie"}
TARGETS = {
    "openreplay-v2": (f"/public/{SCOPE}/jobs", f"/public/{SCOPE}/jobs/7", "DELETE", f"/public/{SCOPE}/jobs/7"),
    "openreplay-v1": (f"/api/v1/{SCOPE}/jobs", f"/api/v1/{SCOPE}/jobs/7", "DELETE", f"/api/v1/{SCOPE}/jobs/7"),
    "explorer": ("/api-open/v1/jobs", "/api-open/v1/jobs/7", "PUT", "/api-open/v1/jobs/7/cancel"),
}
"""List and get; method and target of a cancel."""
HANDED_ON = {"x-request-id": "id-1", "traceparent": "00-1", "tracestate": "a=1"}
CANARY = b"canary"
NOISE = """
    accept-charset accept-language content-encoding content-length content-type expect forwarded from if-none-match
    keep-alive max-forwards origin pragma priority proxy-authorization proxy-connection range referer sec-fetch-mode
    set-cookie te trailer transfer-encoding upgrade user-agent via x-forwarded-for x-forwarded-host x-forwarded-proto
    x-http-method-override x-original-url x-real-ip x-rewrite-url x-role x-tenant x-user x_request_id baggage
    accept accept-encoding authorization connection cookie explorer_token
"""


def golden(spoken: str, method: str, *more: str) -> list[str]:
    """The names of all headers of a request to a backend."""
    names = {*TRANSPORTS, CARRIER[spoken], *more}
    names |= {"content-type"} if spoken == "explorer" else set()
    names |= {"content-length"} if method == "PUT" else set()
    return sorted(names)


def ask_all(place: World, dialect: str, headers: Headers) -> None:
    """List, get and cancel."""
    listed, got, method, cancelled = TARGETS[dialect]

    async def scenario() -> None:
        for target, by in ((listed, "GET"), (got, "GET"), (cancelled, method)):
            exchange = await place.ask(target, *headers, method=by)
            assert exchange.calls, (target, exchange.response)

    anyio.run(scenario)


@pytest.mark.parametrize(("dialect", "spoken"), PAIRS)
def test_a_backend_sees_the_headers_of_the_list_and_no_others(dialect: str, spoken: str):
    place = world([backend("only", spoken)], [Route(dialect, "only", "documented")])
    ask_all(place, dialect, ((b"host", b"gateway.example"), presented(dialect, "key-1")))
    for request in place.seen["only"]:
        assert sorted(name.decode() for name, _ in request.headers) == golden(spoken, request.method)


def check_that_noise_stays(names: list[str], dialect: str, spoken: str) -> None:
    """Send every name with a canary, and what is handed on; where a dialect carries its own secret there is none."""
    carriers = {CARRIER[dialect], "host", *(["explorer_token"] if dialect == "explorer" else [])}
    noise = tuple((name.encode(), CANARY) for name in names if name not in carriers)
    handed_on = tuple((name.encode(), value.encode()) for name, value in HANDED_ON.items())
    place = world([backend("only", spoken)], [Route(dialect, "only", "documented")])

    ask_all(place, dialect, ((b"host", CANARY), *noise, presented(dialect, "key-1"), *handed_on))

    assert len(place.seen["only"]) >= 3
    for request in place.seen["only"]:
        assert sorted(name.decode() for name, _ in request.headers) == golden(spoken, request.method, *HANDED_ON)
        assert CANARY not in b" ".join(value for _, value in request.headers)
        assert request.body == b""
        assert HANDED_ON.items() <= {name.decode(): value.decode() for name, value in request.headers}.items()


@pytest.mark.parametrize(("dialect", "spoken"), PAIRS)
def test_whatever_else_a_caller_sends_stays_here(dialect: str, spoken: str):
    check_that_noise_stays(NOISE.split(), dialect, spoken)


@pytest.mark.parametrize(("dialect", "spoken"), PAIRS)
def test_and_so_do_the_headers_that_others_collected(dialect: str, spoken: str):
    check_that_noise_stays(sorted(set(corpus("header-names.txt").lower().split())), dialect, spoken)


# Secrets

PLAIN = "canary-0123456789abcdef"
PADDED = "canary+secret/AAAA=="
QUOTED = 'canary"and\\more'
LONG = "canary" + "x" * 60


def echo(status: int, media: str, body: str, *headers: tuple[str, str]) -> Callable[[str], object]:
    """A backend that repeats the credential it got: ``@`` stands for it, within JSON texts escaped."""

    def of(name: str):
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            (value,) = (value.decode() for key, value in scope["headers"] if key.decode() == name)
            secret = value.removeprefix("Bearer ").removeprefix("explorer_token=")
            said = body.replace("@", json.dumps(secret)[1:-1] if "json" in media else secret)
            own = [(key.encode(), text.replace("@", secret).encode()) for key, text in headers]
            start = {"status": status, "headers": [(b"content-type", media.encode()), *own]}
            await send({"type": "http.response.start", **start})
            await send({"type": "http.response.body", "body": said.encode()})

        return app

    return of


JSON = "application/json"
ECHOES = {
    "as a failure": echo(500, JSON, '{"error": "@", "errors": ["@"], "code": 50004000, "message": "@"}'),
    "as a page of text": echo(500, "text/html", "<h1>@</h1>"),
    "as a redirect": echo(302, "text/plain", "@", ("location", "https://elsewhere.example/@"), ("retry-after", "@")),
    "as a media type": echo(200, "x/@", "@"),
    "as a media type that is none": echo(200, "@", "@"),
    "as headers": echo(503, JSON, "{}", ("set-cookie", "a=@"), ("www-authenticate", "@"), ("x-request-id", "@")),
    "as its judgement": echo(401, JSON, '{"error": "@", "errors": ["@"], "code": 40104001, "message": "ErrSession::@"}'),
    "as a bad id": echo(400, JSON, '{"error": "invalid path param jobID: strconv.Atoi: parsing \\"@\\": invalid syntax"}'),
    "as bad input": echo(422, JSON, '{"detail": [{"type": "int_parsing", "loc": ["path", "jobId"], "msg": "@", "input": "@"}]}'),
    "as bad input, in its known words": echo(
        422,
        JSON,
        '{"detail": [{"msg": "Input should be a valid integer, unable to parse string as an integer", "input": "@"}]}',
    ),
    "as a status": echo(200, JSON, '{"code": 0, "data": {"jobId": 7, "description": "d", "status": "@", "projectId": 1, "action": "a", "referenceId": "r", "createdAt": 1, "updatedAt": 1, "startAt": 1, "errors": null}}'),
    "as a number": echo(200, JSON, '{"code": 0, "data": {"id": "@", "jobId": "@"}}'),
    "as a list": echo(200, JSON, '{"code": 0, "data": "@"}'),
    "as a code": echo(200, JSON, '{"code": "@", "data": "@"}'),
    "as a key": echo(200, JSON, '{"code": 0, "data": {"@": {"@": 1}}, "@": 2}'),
    "in JSON that breaks off": echo(200, JSON, '{"data": "@'),
}  # fmt: skip


def told(exchange: Exchange) -> str:
    """Everything that leaves the gateway, or that its observers get."""
    response = exchange.response
    text = " ".join([response.media, response.body.decode(), *(f"{n!r}: {v!r}" for n, v in response.headers)])
    return f"{text} {exchange!r}"


def traces(secret: str) -> list[str]:
    """How a secret might show: as it is, escaped, and its first half."""
    return [secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], "canary"]


def leaks(dialect: str, spoken: str, profile: str, echo_of: Callable[[str], object], **who: str) -> list[str]:
    """The traces of secrets in the answers of a gateway whose backend repeats the credential that it gets."""
    place = world(
        [backend("only", spoken, credential=who.get("lent"))],
        [Route(dialect, "only", profile)],
        [caller("billing", who["presented"], **({"only": who["own"]} if "own" in who else {}))],
        apps={"only": echo_of(CARRIER[spoken])},
    )
    listed, got, method, cancelled = TARGETS[dialect]
    header = presented(dialect, who["presented"])
    found = []

    async def scenario() -> None:
        for target, by in ((listed, "GET"), (got, "GET"), (cancelled, method)):
            exchange = await place.ask(target, header, method=by)
            assert exchange.calls >= 1
            everything = told(exchange)
            found.extend(
                f"{by} {target}: {each}" for secret in who.values() for each in traces(secret) if each in everything
            )

    anyio.run(scenario)
    return found


PROFILES = [("openreplay-v2", "documented"), ("openreplay-v2", "deployed"), ("openreplay-v1", "documented"), ("openreplay-v1", "deployed"), ("explorer", "documented")]  # fmt: skip


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize(("dialect", "profile"), PROFILES)
def test_a_backend_cannot_make_the_gateway_tell_its_own_credential(dialect: str, profile: str, how: str):
    for spoken in NAMES:
        assert leaks(dialect, spoken, profile, ECHOES[how], presented="callers-key", lent=PLAIN) == []
        assert leaks(dialect, spoken, profile, ECHOES[how], presented="callers-key", lent=PADDED) == []


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize("dialect", NAMES)
def test_nor_what_a_caller_presented_or_has_of_its_own(dialect: str, how: str):
    for spoken in NAMES:
        assert leaks(dialect, spoken, "documented", ECHOES[how], presented=PLAIN) == []
        assert leaks(dialect, spoken, "documented", ECHOES[how], presented="key", own=LONG, lent=PLAIN) == []


@pytest.mark.parametrize("how", ECHOES)
def test_nor_one_that_json_writes_in_other_characters(how: str):
    for dialect in NAMES:
        assert leaks(dialect, "openreplay-v1", "documented", ECHOES[how], presented="key", lent=QUOTED) == []


def test_a_credential_with_padding_is_masked_whole_and_nothing_else_is():
    place = world(
        [backend("only", "openreplay-v2", credential=PADDED)],
        [Route("openreplay-v2", "only", "documented")],
        apps={"only": ECHOES["as a status"]("authorization")},
    )

    async def scenario() -> Exchange:
        return await place.ask(TARGETS["openreplay-v2"][1], presented("openreplay-v2", "x"))

    body = json.loads(anyio.run(scenario).response.body)
    assert body == {"error": 'the backend\'s answer does not fit: unknown status "********"'}


@pytest.mark.parametrize("dialect", NAMES)
def test_a_refused_credential_is_not_repeated(dialect: str):
    place = world([backend("only", "explorer", credential="lent")], [Route(dialect, "only", "documented")], [])

    async def scenario() -> list[Exchange]:
        name, value = presented(dialect, PLAIN)
        twice = [(name, value), (name, value + b"2")]
        unfit = [(name, value + b'"\x01')]
        return [await place.ask(TARGETS[dialect][0], *headers) for headers in ([(name, value)], twice, unfit)]

    for exchange in anyio.run(scenario):
        assert exchange.response.status in (400, 401)
        assert "canary" not in told(exchange)
    assert place.asked() == []
