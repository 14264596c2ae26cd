"""The door through a whole gateway: which route is taken, who may take it, which credential and scope go out."""

from __future__ import annotations

import itertools

import anyio
import pytest

from jobgateway.config.model import Route
from jobgateway.gateway import Exchange
from jobgateway.translation.hub import Reason
from support.gateways import SCOPE
from support.world import JOBS, World, backend, caller, presented, values, world

V2_LIST = f"/public/{SCOPE}/jobs"
V1_LIST = f"/api/v1/{SCOPE}/jobs"
EXPLORER_LIST = "/api-open/v1/jobs"
LISTS = {"openreplay-v2": V2_LIST, "openreplay-v1": V1_LIST, "explorer": EXPLORER_LIST}
HOST = (b"host", b"gateway.example")
NAMES = tuple(LISTS)
BILLING = presented("openreplay-v2", "billing-key")
AUDIT = presented("openreplay-v2", "audit-key")
NOBODY = presented("openreplay-v2", "nobodys-key")


def v2(backend_name: str, **more: object) -> Route:
    return Route("openreplay-v2", backend_name, "documented", **more)


def two(*routes: Route, callers=None, **lent: str) -> World:
    """Two backends of two dialects, ``first`` and ``second``."""
    backends = [
        backend("first", "openreplay-v1", credential=lent.get("first")),
        backend("second", "explorer", credential=lent.get("second")),
    ]
    return world(backends, routes, callers)


def ask(place: World, target: str = V2_LIST, *headers: tuple[bytes, bytes], method: str = "GET") -> Exchange:
    async def scenario() -> Exchange:
        return await place.ask(target, *headers, method=method)

    return anyio.run(scenario)


# Which route


def test_the_first_route_that_matches_is_taken():
    place = two(v2("first"), v2("second"))
    exchange = ask(place, V2_LIST, HOST, BILLING)
    assert (exchange.backend, place.asked()) == ("first", ["first"])


def test_a_route_for_another_dialect_does_not_match():
    place = two(Route("explorer", "first", "documented"), v2("second"))
    assert ask(place, V2_LIST, HOST, BILLING).backend == "second"
    assert ask(place, EXPLORER_LIST, HOST, presented("explorer", "t")).backend == "first"


def test_a_route_with_a_longer_prefix_is_not_preferred_to_one_that_comes_first():
    place = two(v2("first"), v2("second", prefix=("old", "blue")), v2("first", prefix=("old",)))
    assert ask(place, V2_LIST, HOST, BILLING).backend == "first"
    assert ask(place, f"/old/blue{V2_LIST}", HOST, BILLING).backend == "second"
    assert ask(place, f"/old{V2_LIST}", HOST, BILLING).backend == "first"


def test_a_prefix_is_matched_in_whole_segments_and_after_decoding_once():
    place = two(v2("first", prefix=("old",)))
    assert ask(place, f"/%6Fld{V2_LIST}", HOST, BILLING).backend == "first"
    for path in (f"/older{V2_LIST}", f"/ol{V2_LIST}", f"/old/old{V2_LIST}", f"/%256Fld{V2_LIST}", f"//old{V2_LIST}"):
        exchange = ask(place, path, HOST, BILLING)
        assert (exchange.backend, exchange.reason) in [(None, Reason.NO_PATH), ("first", Reason.NO_PATH)], path
    assert place.asked() == ["first"]


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        (b"old.example.com", "first"),
        (b"OLD.Example.COM", "first"),
        (b"old.example.com:8443", "first"),
        (b"old.example.com.evil.example", "second"),
        (b"evil.example:old.example.com", "second"),
        (b"old.example.com@evil.example", "second"),
        (b"", "second"),
        (b"\xff", "second"),
    ],
)
def test_a_host_is_compared_whole_whatever_its_case_and_port(host: bytes, taken: str):
    place = two(v2("first", host="old.example.com"), v2("second"))
    assert ask(place, V2_LIST, (b"host", host), BILLING).backend == taken


def test_where_a_host_and_a_path_led_is_remembered_within_bounds():
    place = two(v2("first", host="old.example.com"), v2("second"))
    find = place.gateway.door._table
    for number in range(300):
        assert ask(place, V2_LIST, (b"host", b"%d.example.com" % number), BILLING).backend == "second"
        assert ask(place, V2_LIST, (b"host", b"old.example.com"), BILLING).backend == "first"
        assert ask(place, V2_LIST, (b"host", b"%d.%b" % (number, b"x" * 300)), BILLING).backend == "second"
    kept = find._find_short.cache_info()
    assert kept.currsize == kept.maxsize == 256
    assert kept.hits + kept.misses == 600


def test_a_host_with_its_port_can_be_asked_for():
    place = two(v2("first", host="old.example.com:8443"), v2("second"))
    assert ask(place, V2_LIST, (b"host", b"old.example.com:8443"), BILLING).backend == "first"
    assert ask(place, V2_LIST, (b"host", b"old.example.com"), BILLING).backend == "second"


def test_without_a_host_only_routes_for_any_host_match():
    place = two(v2("first", host="old.example.com"), v2("second"))
    assert ask(place, V2_LIST, BILLING).backend == "second"


def test_a_path_of_no_route_is_a_problem_in_no_dialect():
    exchange = ask(two(v2("first")), "/elsewhere", HOST, BILLING)
    assert exchange.response.status == 404
    assert exchange.response.media == "application/problem+json"
    assert (exchange.dialect, exchange.backend, exchange.caller, exchange.calls) == (None, None, None, 0)


# Who may ask


def known() -> list:
    return [caller("billing", "billing-key", "billing-key-of-last-year"), caller("audit", "audit-key")]


def test_a_known_caller_is_let_in_by_any_of_its_keys():
    place = two(v2("first"), callers=known(), first="lent")
    for key in ("billing-key", "billing-key-of-last-year"):
        exchange = ask(place, V2_LIST, HOST, presented("openreplay-v2", key))
        assert (exchange.caller, exchange.response.status) == ("billing", 200)


@pytest.mark.parametrize("dialect", NAMES)
def test_an_unknown_caller_is_told_so_in_its_dialect_and_no_backend_is_asked(dialect: str):
    place = two(Route(dialect, "first", "documented"), callers=known(), first="lent")
    exchange = ask(place, LISTS[dialect], HOST, presented(dialect, "nobodys-key"))
    assert (exchange.response.status, exchange.reason, exchange.caller) == (401, Reason.BAD_CREDENTIAL, None)
    assert (exchange.dialect, exchange.backend, exchange.origin) == (dialect, "first", "gateway")
    assert place.asked() == []


@pytest.mark.parametrize("dialect", NAMES)
def test_who_presents_nothing_is_told_so(dialect: str):
    place = two(Route(dialect, "first", "documented"), callers=known(), first="lent")
    exchange = ask(place, LISTS[dialect], HOST)
    assert (exchange.response.status, exchange.reason) == (401, Reason.NO_CREDENTIAL)
    assert place.asked() == []


@pytest.mark.parametrize("dialect", NAMES)
def test_a_known_caller_without_a_route_of_its_own_is_forbidden(dialect: str):
    place = two(Route(dialect, "first", "documented", callers=("billing",)), callers=known(), first="lent")
    exchange = ask(place, LISTS[dialect], HOST, presented(dialect, "audit-key"))
    assert (exchange.response.status, exchange.reason, exchange.caller) == (403, Reason.FORBIDDEN, "audit")
    assert place.asked() == []


def test_an_unknown_caller_is_not_told_that_a_route_is_for_others():
    place = two(v2("first", callers=("billing",)), callers=known(), first="lent")
    assert ask(place, V2_LIST, HOST, NOBODY).reason is Reason.BAD_CREDENTIAL


def test_the_callers_of_a_route_are_a_matcher():
    place = two(v2("first", callers=("billing",)), v2("second"), callers=known(), first="lent", second="lent")
    assert ask(place, V2_LIST, HOST, BILLING).backend == "first"
    assert ask(place, V2_LIST, HOST, AUDIT).backend == "second"


def test_an_open_route_lets_everybody_in():
    place = two(v2("first", open=True), callers=known(), first="lent")
    for headers in ([HOST], [HOST, NOBODY], [HOST, BILLING]):
        assert ask(place, V2_LIST, *headers).response.status == 200
    assert place.asked() == ["first"] * 3


def test_an_open_route_to_a_backend_without_a_credential_of_its_own_still_needs_one():
    place = two(v2("first", open=True), callers=known())
    assert ask(place, V2_LIST, HOST).reason is Reason.NO_CREDENTIAL
    assert ask(place, V2_LIST, HOST, NOBODY).response.status == 200


def test_without_known_callers_the_backend_judges_the_secret():
    place = world([backend("first", "openreplay-v1")], [v2("first")], keys={"first": "right-key"})
    right, wrong = (presented("openreplay-v2", key) for key in ("right-key", "wrong-key"))
    assert ask(place, V2_LIST, HOST, right).response.status == 200
    exchange = ask(place, V2_LIST, HOST, wrong)
    assert (exchange.response.status, exchange.reason, exchange.origin) == (401, Reason.BAD_CREDENTIAL, "backend")


@pytest.mark.parametrize("key", ["Billing-key", "billing-key ", "billing-ke", "billing-keyy", "billing", "audit"])
def test_a_key_is_right_to_the_last_character(key: str):
    place = two(v2("first"), callers=known(), first="lent")
    exchange = ask(place, V2_LIST, HOST, (b"authorization", b"Bearer " + key.encode()))
    assert (exchange.caller == "billing") is (key.strip() == "billing-key")  # blanks round a value are not of it
    assert exchange.response.status == (200 if exchange.caller else 401)


def test_the_same_key_opens_every_dialect():
    routes = [Route(dialect, "first", "documented") for dialect in NAMES]
    place = two(*routes, callers=known(), first="lent")
    for dialect in NAMES:
        assert ask(place, LISTS[dialect], HOST, presented(dialect, "audit-key")).caller == "audit"


# Which credential goes out


def credential(place: World, name: str) -> bytes:
    """The credential of the one request that a backend saw."""
    (request,) = place.seen[name]
    carrier = b"cookie" if name == "second" else b"authorization"
    (value,) = values(request.headers, carrier)
    return value


def test_the_callers_own_credential_goes_before_the_backends():
    callers = [caller("billing", "billing-key", first="billings-own"), caller("audit", "audit-key")]
    for header, expected in [(BILLING, b"billings-own"), (AUDIT, b"lent")]:
        place = two(v2("first"), callers=callers, first="lent")
        ask(place, V2_LIST, HOST, header)
        assert credential(place, "first") == expected


def test_a_credential_of_a_caller_for_one_backend_never_reaches_another():
    callers = [caller("billing", "billing-key", first="billings-own")]
    place = two(v2("first"), Route("explorer", "second", "documented"), callers=callers, first="lent", second="lent-2")
    ask(place, EXPLORER_LIST, HOST, presented("explorer", "billing-key"))
    assert credential(place, "second") == b"explorer_token=lent-2"
    assert place.seen["first"] == []


def test_the_backends_credential_never_reaches_another():
    place = two(v2("first"), Route("explorer", "second", "documented"), first="lent")
    ask(place, EXPLORER_LIST, HOST, presented("explorer", "presented"))
    assert credential(place, "second") == b"explorer_token=presented"
    ask(place, V2_LIST, HOST, presented("openreplay-v2", "presented"))
    assert credential(place, "first") == b"lent"


def test_a_known_caller_of_a_backend_without_a_credential_is_handed_through():
    place = two(v2("second"), callers=known())
    ask(place, V2_LIST, HOST, BILLING)
    assert credential(place, "second") == b"explorer_token=billing-key"


@pytest.mark.parametrize(("dialect", "spoken"), list(itertools.product(NAMES, NAMES)))
def test_every_call_of_a_plan_carries_the_same_credential(dialect: str, spoken: str):
    place = world([backend("only", spoken, credential="lent")], [Route(dialect, "only", "documented")])
    query = "?pageSize=3&page=2" if dialect == "explorer" else "?limit=3&page=2"
    assert ask(place, LISTS[dialect] + query, HOST, presented(dialect, "presented")).response.status == 200
    expected = presented(spoken, "lent")
    assert {values(request.headers, expected[0])[0] for request in place.seen["only"]} == {expected[1]}


# Which scope goes out


def paths(place: World, name: str = "only") -> list[str]:
    return [request.path for request in place.seen[name]]


@pytest.mark.parametrize(
    ("scopes", "named", "path"),
    [
        (None, "AnyProject", "/api-open/v1/jobs"),
        ({"Blue": "17"}, "Blue", "/api-open/v1/workflows/17/jobs"),
        ({"Blue": None}, "Blue", "/api-open/v1/jobs"),
        ({"Blue": "17", "Green": "18"}, "Green", "/api-open/v1/workflows/18/jobs"),
    ],
)
def test_a_project_is_mapped_to_a_workflow_or_to_all(scopes, named: str, path: str):
    place = world([backend("only", "explorer")], [v2("only", scopes=scopes)])
    ask(place, f"/public/{named}/jobs", HOST, BILLING)
    assert paths(place) == [path]


@pytest.mark.parametrize("named", ["blue", "Blue2", "Blu", "17"])
def test_a_scope_that_is_not_mapped_is_not_found(named: str):
    place = world([backend("only", "explorer")], [v2("only", scopes={"Blue": "17"})])
    for target, method in [("", "GET"), ("/7", "GET"), ("/7", "DELETE")]:
        exchange = ask(place, f"/public/{named}/jobs{target}", HOST, BILLING, method=method)
        assert (exchange.response.status, exchange.reason) == (404, Reason.NO_SCOPE)
    assert place.asked() == []


def test_a_scope_of_the_same_kind_goes_out_as_it_is():
    place = world([backend("only", "openreplay-v1", scope="TheBackendsOwn")], [v2("only")])
    ask(place, "/public/AnyProject/jobs", HOST, BILLING)
    assert paths(place) == ["/api/v1/AnyProject/jobs"]


def test_a_call_that_names_no_scope_gets_the_backends_own():
    place = world([backend("only", "openreplay-v1", scope="Own")], [Route("explorer", "only", "documented")])
    ask(place, EXPLORER_LIST, HOST, presented("explorer", "t"))
    ask(place, f"{EXPLORER_LIST}/3", HOST, presented("explorer", "t"))
    assert paths(place) == ["/api/v1/Own/jobs", "/api/v1/Own/jobs/3"]


def test_a_backend_that_needs_a_scope_is_not_asked_without_one():
    place = world([backend("only", "openreplay-v1", scope=None)], [Route("explorer", "only", "documented")])
    exchange = ask(place, EXPLORER_LIST, HOST, presented("explorer", "t"))
    assert (exchange.reason, place.asked()) == (Reason.NO_SCOPE, [])


def test_a_workflow_that_is_named_over_projects_without_a_mapping_is_not_found():
    place = world([backend("only", "openreplay-v1", scope="Own")], [Route("explorer", "only", "documented")])
    exchange = ask(place, "/api-open/v1/workflows/17/jobs", HOST, presented("explorer", "t"))
    assert (exchange.reason, place.asked()) == (Reason.NO_SCOPE, [])


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_confined_caller_reaches_the_jobs_of_its_workflow_alone(method: str):
    mine = JOBS[0].workflow_id
    theirs = next(job for job in JOBS if job.workflow_id != mine)
    place = world([backend("only", "explorer")], [v2("only", scopes={"Mine": mine})])
    exchange = ask(place, f"/public/Mine/jobs/{theirs.id}", HOST, BILLING, method=method)
    assert (exchange.response.status, exchange.reason) == (404, Reason.NO_JOB)
    assert {request.method for request in place.seen["only"]} == {"GET"}
    assert ask(place, f"/public/Mine/jobs/{JOBS[0].id}", HOST, BILLING).response.status == 200
