"""``explain``: every step of a request's way, offline, without a secret, and as it would really be."""

from __future__ import annotations

import json
import socket
from itertools import product

import anyio
import pytest

from jobgateway.commands.explaining import explain_request
from jobgateway.commands.supposing import suppose
from jobgateway.config.model import Limits
from jobgateway.mock.population import population
from jobgateway.translation.hub import (
    CancelJob,
    GetJob,
    Job,
    ListJobs,
    Order,
    Page,
    Reason,
    Refusal,
    Status,
    Wanted,
    Window,
)
from support.commands import CANARY, DEMO, FULL, SECRETS, expect_golden, jobgateway, json_of
from support.gateways import DIALECTS, ask, gateway_over

BILLING = ("-H", f"Authorization: {SECRETS['BILLING_KEY']}")
AUDIT = ("-H", f"authorization: Bearer {SECRETS['AUDIT_KEY']}")
COOKIE = ("-H", f"Cookie: explorer_token={SECRETS['AUDIT_KEY']}")
KEYS = {"request", "routes", "route", "caller", "login", "call", "scope", "credential", "plan", "answer", "losses"}
REQUESTS = {
    "list-v1": ("GET", "/api/v1/OLDKEY/jobs", *BILLING),
    "list-v2": ("GET", "/public/OPEN/jobs?limit=200&page=2", *AUDIT),
    "list-explorer": ("GET", '/old/api-open/v1/jobs?page=3&filter={"status":1,"orderByCreateTime":"asc"}', *COOKIE),
    "cancel-confined": ("DELETE", "/public/SHUT/jobs/5", *AUDIT),
    "get-by-host": (
        "GET",
        "https://new.example.com/public/abc/jobs/7",
        "-H",
        f"Authorization: Bearer {SECRETS['BILLING_KEY']}",
    ),
    "no-route": ("GET", "/nope"),
    "no-credential": ("GET", "/api/v1/OLDKEY/jobs"),
    "no-scope": ("GET", "/api/v1/OTHER/jobs", *BILLING),
    "forbidden": ("GET", "/public/OPEN/jobs", "-H", f"Authorization: Bearer {SECRETS['BILLING_KEY']}"),
    "bad-id": ("GET", "/api/v1/OLDKEY/jobs/007", *BILLING),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_as_text(name, full):
    result = jobgateway("explain", *REQUESTS[name])
    assert (result.exit_code, result.stderr) == (0, "")
    expect_golden(f"explain-{name}", result.stdout)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_keys_of_the_json_are_stable_and_no_secret_is_in_it(name, full):
    data = json_of("explain", *REQUESTS[name])
    assert data.keys() == KEYS
    assert data["answer"].keys() == {"status", "refusal", "detail", "jobs", "total"}
    assert CANARY not in json.dumps(data)
    if data["plan"] is not None:
        assert data["plan"].keys() == {"supposed_jobs", "requests", "told", "batches"}
        assert all(r.keys() == {"method", "url", "headers"} for batch in data["plan"]["batches"] for r in batch)


def test_no_text_shows_a_secret(full):
    for arguments in REQUESTS.values():
        assert CANARY not in jobgateway("explain", *arguments).output


@pytest.mark.parametrize(
    ("name", "status", "refusal"),
    [
        ("list-v1", 200, None),
        ("cancel-confined", 200, None),
        ("no-route", 404, "no_path"),
        ("no-credential", 401, "no_credential"),
        ("no-scope", 404, "no_scope"),
        ("forbidden", 403, "forbidden"),
        ("bad-id", 400, "bad_id"),
    ],
)
def test_the_answer_is_foreseen(name, status, refusal, full):
    answer = json_of("explain", *REQUESTS[name])["answer"]
    assert (answer["status"], answer["refusal"]) == (status, refusal)


@pytest.mark.parametrize(
    ("name", "source", "header", "value"),
    [
        ("list-v1", "the caller's own for this backend", "authorization", "Bearer ********"),
        ("list-v2", "the backend's", "cookie", "explorer_token=********"),
        ("list-explorer", "the backend's", "authorization", "Bearer ********"),
    ],
)
def test_the_credential_is_told_by_its_source(name, source, header, value, full):
    credential = json_of("explain", *REQUESTS[name])["credential"]
    assert credential == {"source": source, "header": header, "value": value}


def test_a_secret_that_is_passed_on_is_told_so(demo):
    data = json_of("explain", "GET", "/api/v1/p/jobs", "-H", "authorization: canary")
    assert data["credential"] == {"source": "passed on", "header": "authorization", "value": "Bearer ********"}
    assert data["plan"]["batches"][0][0]["url"] == "demo:///public/p/jobs?limit=200&page=1"
    assert data["caller"] is None


@pytest.mark.parametrize(
    ("target", "scope"),
    [
        ("/api/v1/OLDKEY/jobs", {"asked": "OLDKEY", "sent": "3sWXSsqHgSKnE87YkNJK", "why": "mapped by the route"}),
        ("/public/OPEN/jobs", {"asked": "OPEN", "sent": None, "why": "not confined"}),
        ("http://new.example.com/public/abc/jobs", {"asked": "abc", "sent": "abc", "why": "the caller's"}),
        ("/old/api-open/v1/jobs", {"asked": None, "sent": "3sWXSsqHgSKnE87YkNJK", "why": "the backend's own"}),
    ],
)
def test_the_scope_that_goes_out_is_told_with_its_reason(target, scope, full):
    key = SECRETS["BILLING_KEY"] if "new." in target else SECRETS["AUDIT_KEY"]
    carriers = {"/api": f"authorization: {key}", "/old": f"cookie: explorer_token={key}"}
    carrier = carriers.get(target[:4], f"authorization: Bearer {key}")
    assert json_of("explain", "GET", target, "-H", carrier)["scope"] == scope


def test_a_scope_that_the_backends_own_replaces_is_told(folder):
    config = FULL.replace(', scopes: {OPEN: "*", SHUT: "4216617528"}', "").replace(
        "url: http://127.0.0.1:9/", "url: http://127.0.0.1:9/\n    scope: '4216617528'"
    )
    (folder / "gateway.yaml").write_text(config)
    data = json_of("explain", "GET", "/public/any/jobs", *AUDIT)
    assert data["scope"] == {"asked": "any", "sent": "4216617528", "why": "the backend's own"}


def test_a_host_of_a_header_outweighs_that_of_the_configuration(full):
    key = ("-H", f"Authorization: Bearer {SECRETS['BILLING_KEY']}")
    data = json_of("explain", "GET", "/public/abc/jobs", "-H", "Host: new.example.com", *key)
    assert data["route"] == 2


def test_two_hosts_are_refused_as_the_edge_would(full):
    data = json_of("explain", "GET", "/public/OPEN/jobs", "-H", "Host: a", "-H", "Host: b", *AUDIT)
    assert (data["answer"]["status"], data["answer"]["detail"]) == (400, "repeated header: host")


def test_what_is_handed_on_is_told_and_nothing_else_of_the_callers(full):
    more = ("-H", "X-Request-Id: 42", "-H", "X-Custom: 1")
    data = json_of("explain", *REQUESTS["list-v2"], *more)
    headers = data["plan"]["batches"][0][0]["headers"]
    assert headers == {"content-type": "application/json", "cookie": "explorer_token=********", "x-request-id": "42"}


def test_a_target_is_encoded_as_clients_do(full):
    request = json_of("explain", *REQUESTS["list-explorer"])["request"]
    assert request["query"] == "page=3&filter=%7B%22status%22:1,%22orderByCreateTime%22:%22asc%22%7D"
    assert json_of("explain", "GET", "http://x.example?a=ö#there")["request"] == {
        "method": "GET",
        "path": "/",
        "query": "a=%C3%B6",
        "headers": ["host"],
    }


def test_a_head_that_is_larger_than_the_edge_takes_is_refused_in_the_dialect_of_its_path(full):
    data = json_of("explain", "GET", "/old/api-open/v1/jobs", "-H", f"x: {'y' * 20_000}")
    assert (data["route"], data["answer"]["status"], data["call"] is None) == (3, 400, False)
    assert data["answer"]["detail"] == "limits.request_head is 16384 bytes"


@pytest.mark.parametrize("header", ["canary", ": canary", "a b: canary", "ä: canary"])
def test_a_header_that_is_none_is_wrong_usage_and_not_repeated(header, full):
    result = jobgateway("explain", "GET", "/", "-H", header)
    assert result.exit_code == 2
    assert "'Name: value'" in result.stderr
    assert "canary" not in result.output


def test_a_target_that_is_none_is_wrong_usage(full):
    result = jobgateway("explain", "GET", "ftp://x/")
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_broken_config_exits_with_1(folder):
    (folder / "gateway.yaml").write_text("version: 2")
    result = jobgateway("explain", "GET", "/")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "gateway.yaml:1:1: version: " in result.stderr


def test_a_limit_that_would_be_reached_is_told(folder):
    (folder / "gateway.yaml").write_text(FULL + "limits: {calls: 3}\n")
    answer = json_of("explain", *REQUESTS["list-v1"])["answer"]
    assert (answer["status"], answer["refusal"]) == (500, "limit")
    assert "limits.calls" in answer["detail"]


def test_how_many_jobs_are_supposed_is_an_option(full):
    plan = json_of("explain", *REQUESTS["list-v1"], "--jobs", "10")["plan"]
    assert (plan["supposed_jobs"], plan["requests"]) == (10, 1)


def test_of_many_requests_the_first_hundred_are_told(folder):
    config = DEMO.replace("v1, backend: replay", "v1, backend: flow") + "limits: {calls: 1000, rows: 30000}\n"
    (folder / "gateway.yaml").write_text(config)
    arguments = ("explain", "GET", "/api/v1/p/jobs", "-H", "authorization: k", "--jobs", "20500")
    plan = json_of(*arguments)["plan"]
    assert plan["requests"] > plan["told"] == 100 == sum(map(len, plan["batches"]))
    assert f"  and {plan['requests'] - 100} more\n" in jobgateway(*arguments).stdout


def test_no_backend_is_asked(folder):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        (folder / "gateway.yaml").write_text(FULL.replace(":9/", f":{listening.getsockname()[1]}/"))
        assert json_of("explain", *REQUESTS["list-v2"])["answer"]["status"] == 200
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


COUNT = 437
ALL = population(COUNT, seed=0)
CALLS = [
    ListJobs(None, Window(0, 10)),
    ListJobs(None, Window(350, 50)),
    ListJobs(
        None, Window(0, 200), Wanted(statuses=frozenset({Status.FAILED})), Order("created_at", newest_first=False)
    ),
    GetJob(None, ALL[3].id),
    CancelJob(None, ALL[4].id),
]


def sayable(dialect, call):
    """The call as a caller of the dialect can say it: within a scope, without what it has no word for."""
    spec = dialect.spec
    if not isinstance(call, ListJobs):
        return type(call)("p" if "{scope}" in spec.operations.get.path else None, call.id)
    scope = "p" if all("{scope}" in each.path for each in spec.operations.list) else None
    order = call.order if spec.filter and spec.filter.order else None
    return ListJobs(scope, call.window if spec.paging else None, call.wanted if spec.filter else Wanted(), order)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: type(call).__name__)
@pytest.mark.parametrize(("caller", "backend"), list(product(DIALECTS, DIALECTS)))
def test_the_plan_that_is_told_is_the_one_that_is_carried_out(caller, backend, call):
    seen = []
    gateway = gateway_over(ALL, caller=caller, backend=backend, seen=seen.append)
    request = ask(DIALECTS[caller], sayable(DIALECTS[caller], call))

    known = explain_request(gateway, request, COUNT)
    exchange = anyio.run(gateway.answer, request)

    told = [gateway.lanes[0].backend.dialect.write_call(each) for batch in known.supposed.batches for each in batch]
    assert sorted((r.method, r.path, r.query) for r in told) == sorted((r.method, r.path, r.query) for r in seen)
    assert known.status == exchange.response.status


def test_a_supposed_job_is_within_the_scope_that_is_asked_for():
    gateway = gateway_over([], caller="openreplay-v2", backend="explorer")
    (lane,) = gateway.lanes
    supposed = suppose(lane, CancelJob("4216617528", 9), gateway.budget, 1)
    assert isinstance(supposed.reply, Job) and supposed.reply.workflow_id == "4216617528"
    assert supposed.batches == ((GetJob(None, 9),), (CancelJob(None, 9),), (GetJob(None, 9),))


def test_a_supposed_list_says_no_more_than_the_backend_can():
    gateway = gateway_over([], caller="explorer", backend="openreplay-v2", limits=Limits(calls=50))
    (lane,) = gateway.lanes
    supposed = suppose(lane, ListJobs("p", Window(0, 10), counted=True, order=Order("created_at")), gateway.budget, 90)
    assert isinstance(supposed.reply, Page) and supposed.reply.total == 90
    assert supposed.count > 1


def test_a_refusal_of_the_plan_is_the_answer():
    gateway = gateway_over([], caller="explorer", backend="openreplay-v2", limits=Limits(rows=5))
    (lane,) = gateway.lanes
    supposed = suppose(lane, ListJobs("p", Window(0, 10)), gateway.budget, 90)
    assert isinstance(supposed.reply, Refusal) and supposed.reply.reason is Reason.LIMIT
    assert supposed.batches == ()


LOGGING_IN = """\
version: 1
backends:
  flow:
    dialect: explorer
    url: http://127.0.0.1:7002
    login: {address: graphd, port: 9669, username: root, password: "${env:REPLAY_SECRET}"}
  own: {dialect: explorer, url: "http://127.0.0.1:7003"}
  replay: {dialect: openreplay-v2, url: "http://127.0.0.1:7004", scope: demo}
sessions: {key: "${env:SESSION_KEY}"}
routes:
  - {dialect: explorer, backend: flow, prefix: /flow, open: true}
  - {dialect: explorer, backend: own, prefix: /own}
  - {dialect: explorer, backend: replay, prefix: /replay}
"""
ACCOUNT = ("-H", "Authorization: Bearer WyJyb290IiwiMTIzIl0=")


@pytest.fixture
def logging_in(folder, monkeypatch):
    """A configuration with all that a login can come to without known callers."""
    monkeypatch.setenv("SESSION_KEY", f"{CANARY}-0123456789-0123456789-0123456789")
    (folder / "gateway.yaml").write_text(LOGGING_IN)
    return folder


@pytest.mark.parametrize(
    ("prefix", "gives"),
    [
        ("/flow", "a token of the gateway"),
        ("/own", "what the backend gives: the login is passed on"),
        ("/replay", "a token of the gateway"),
    ],
)
def test_a_login_is_explained_and_nobody_is_asked(logging_in, prefix, gives):
    target = f"{prefix}/api-open/v1/connect"
    data = json_of("explain", "POST", target, *ACCOUNT)
    assert (data["login"], data["answer"]["status"], data["call"], data["plan"]) == (gives, 200, None, None)
    assert f"gives {gives}\n" in jobgateway("explain", "POST", target, *ACCOUNT).stdout


def test_a_login_that_would_be_refused_is_explained(logging_in):
    data = json_of("explain", "POST", "/own/api-open/v1/connect", "-H", "Authorization: Bearer x")
    assert (data["login"], data["answer"]["status"], data["answer"]["refusal"]) == (None, 401, "bad_credential")


def test_a_request_over_a_session_is_explained(logging_in):
    result = jobgateway("explain", "GET", "/flow/api-open/v1/jobs")
    assert "cookie: explorer_token=******** (the session's at the backend)" in result.stdout
    assert CANARY not in result.stdout
