"""Paths, ids and methods that no caller should send: refused in its dialect, and no backend hears of them."""

from __future__ import annotations

import itertools
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.hub import Reason
from support.corpora import traversals
from support.gateways import DIALECTS
from support.refused import CALLERS, CANCELS, LISTS, ask, check_refused, check_refused_here

# Ids

TEXTS = """
    abc 3.0 3. .3 007 00 +3 -3 -0 1_0 1e3 0x10 3,4 3;4 3:4 true null undefined {id} :jobId [3] %5B%5D * $1 '1'--
    %203 3%20 %09 3%00 %00 3%0A %0A 3%0D%0AX:%20y %2F 3%2F4 .. %2e%2e . %2E % %3 %zz %253
    %EF%BC%93 %D9%A3 %C2%B2 %E2%91%A2 3%CC%81 %FF 9223372036854775808 99999999999999999999
"""
BAD_IDS = [*TEXTS.split(), "1" * 40, "1" * 5000]
"""No ids, from full-width digits (``%EF%BC%93``) to a number of forty digits."""


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("cancel", [False, True], ids=["get", "cancel"])
def test_what_is_no_id_is_refused(caller: str, cancel: bool):
    method, after = CANCELS[caller] if cancel else ("GET", "")
    targets = [f"{LISTS[caller]}/{text}{after}" for text in BAD_IDS]
    for target, (exchange, seen) in zip(targets, ask(caller, *targets, method=method), strict=True):
        check_refused_here(caller, exchange, seen, Reason.BAD_ID)
        assert exchange.operation is None, target


@pytest.mark.parametrize("caller", ["openreplay-v2", "openreplay-v1"])
def test_a_deployed_profile_repeats_a_bad_id_decoded_and_cut(caller: str):
    said = {"abc": "abc", "%EF%BC%93": "３", "3%00": "3\0", "%FF": "%FF", "a" * 100: "a" * 64, "%22": '"'}
    asked = ask(caller, *(f"{LISTS[caller]}/{text}" for text in said), profile="deployed")
    for value, (exchange, seen) in zip(said.values(), asked, strict=True):
        body = json.loads(exchange.response.body)
        if caller == "openreplay-v2":
            quoted = json.dumps(value, ensure_ascii=False)
            assert exchange.response.status == 400
            assert body == {"error": f"invalid path param jobID: strconv.Atoi: parsing {quoted}: invalid syntax"}
        else:
            assert exchange.response.status == 422
            (problem,) = body["detail"]
            assert problem.pop("msg") == "Input should be a valid integer, unable to parse string as an integer"
            assert problem == {"type": "int_parsing", "loc": ["path", "jobId"], "input": value}
        assert seen == []


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("cancel", [False, True], ids=["get", "cancel"])
@pytest.mark.parametrize("number", [0, 2**31, 2**32 + 1, 2**53 + 1, 2**63 - 1])
def test_a_good_id_goes_out_digit_by_digit_and_is_not_found(caller: str, cancel: bool, number: int):
    method, after = CANCELS[caller] if cancel else ("GET", "")
    ((exchange, seen),) = ask(caller, f"{LISTS[caller]}/{number}{after}", method=method)
    check_refused(caller, exchange, Reason.NO_JOB)
    (request,) = seen
    assert str(number) in request.path.split("/")
    assert (exchange.origin, exchange.calls) == ("backend", 1)


# Paths

NOWHERE = "application/problem+json"
SCOPED = {
    "openreplay-v2": "/public/{}/jobs",
    "openreplay-v1": "/api/v1/{}/jobs",
    "explorer": "/api-open/v1/workflows/{}/jobs",
}
SCOPE_TEXTS = """
    %2e%2e .. . %2E a%00 a%0A a%0D%0Ab %2F a%2Fb %5C a%20b %E6%9D%8E %FF % a;b=c
    a,b * :projectKey {scope} a@b a%25b %3F %23
"""
BAD_SCOPES = [*SCOPE_TEXTS.split(), "a" * 65]


@pytest.mark.parametrize("caller", CALLERS)
def test_what_cannot_be_a_scope_looks_like_one_that_is_unknown(caller: str):
    targets = [SCOPED[caller].format(text) for text in BAD_SCOPES]
    for exchange, seen in ask(caller, *targets):
        check_refused_here(caller, exchange, seen, Reason.NO_SCOPE)


@pytest.mark.parametrize("caller", CALLERS)
def test_paths_that_are_almost_right_are_unknown(caller: str):
    path = LISTS[caller]
    front = path.removesuffix("/jobs")
    root = "/" + "/".join(DIALECTS[caller].root)
    almost = [f"{path}/", f"{path}//", f"{path}/3/", f"{path}//3", f"{front}//jobs", f"{root}/", root, f"{path}/3/4/5"]
    almost += [
        f"{front}/jobs%0A",
        f"{front}/jobs%00",
        f"{front}/jobs%2F3",
        f"{front}/Jobs",
        f"{front}/job",
    ]
    almost += [
        f"{front}/jobs;a=b",
        f"{front}/%2e%2e/jobs",
        f"{front}/../jobs/3",
        f"{front}/./jobs",
        f"{root}/%2e%2e",
        f"{front}/jobs%zz",
    ]
    for target, (exchange, seen) in zip(almost, ask(caller, *almost), strict=True):
        assert exchange.reason is Reason.NO_PATH, target
        check_refused_here(caller, exchange, seen, Reason.NO_PATH)


@pytest.mark.parametrize("caller", CALLERS)
def test_paths_outside_the_dialects_root_belong_to_nobody(caller: str):
    path = LISTS[caller]
    first, _, rest = path[1:].partition("/")
    outside = [
        f"/{path}",
        f"/{first.upper()}/{rest}",
        f"/{first}%2F{rest}",
        f"/%2F{first}/{rest}",
        f"/./{first}/{rest}",
        f"/{first}%00/{rest}",
    ]
    outside += [
        f"/../{first}/{rest}",
        f"/x/..{path}",
        f"/%2e%2e/{first}/{rest}",
        f"/{first}%20/{rest}",
        "/",
        "",
        "*",
        "//",
        "/%00",
        f"/{first}%0A",
    ]
    outside += [f"http://gateway.test{path}", path[1:], f"/{first};x/{rest}"]
    for target, (exchange, seen) in zip(outside, ask(caller, *outside), strict=True):
        assert (exchange.response.status, exchange.response.media) == (404, NOWHERE), target
        assert json.loads(exchange.response.body) == {"type": "about:blank", "title": "no such path", "status": 404}
        assert (exchange.dialect, exchange.reason, seen) == (None, Reason.NO_PATH, [])


ALLOWED = {
    "openreplay-v2": {"": "GET", "/3": "DELETE, GET"},
    "openreplay-v1": {"": "GET", "/3": "DELETE, GET"},
    "explorer": {"": "GET", "/3": "GET", "/3/cancel": "PUT"},
}
VERBS = "POST PUT DELETE PATCH HEAD OPTIONS TRACE CONNECT PROPFIND GET get Get FOO"
METHODS = [*VERBS.split(), ""]


@pytest.mark.parametrize(("caller", "method"), list(itertools.product(CALLERS, METHODS)))
def test_other_methods_are_refused_with_those_that_are_allowed(caller: str, method: str):
    for after, allow in ALLOWED[caller].items():
        if method in allow.split(", "):
            continue
        ((exchange, seen),) = ask(caller, LISTS[caller] + after, method=method)
        check_refused_here(caller, exchange, seen, Reason.NO_METHOD)
        assert exchange.response.headers == ((b"allow", allow.encode()),)


# What others collected, and what nobody thought of


@pytest.mark.parametrize("caller", CALLERS)
def test_no_collected_traversal_reaches_a_backend(caller: str):
    # As the edge hands them on: percent-encoded, ASCII, the query apart.
    lines = [quote(line, safe="/%.\\:;=+&@!$'()*,~-_").replace("\\", "%5C") for line in traversals() if line]
    targets = [f"{front}{line}" for line in lines for front in (f"{LISTS[caller]}/", "/")]
    for target, (exchange, seen) in zip(targets, ask(caller, *targets), strict=True):
        assert exchange.response.status in (400, 404), target
        assert seen == [], target


targets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60)
methods = st.sampled_from(["GET", "DELETE", "PUT", "POST", "HEAD"])


@given(data=st.data(), method=methods, where=targets, query=targets)
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_below_a_root_is_answered_in_the_callers_dialect(data, method: str, where: str, query: str):
    caller = data.draw(st.sampled_from(CALLERS))
    start = data.draw(st.sampled_from(["/" + "/".join(DIALECTS[caller].root), LISTS[caller]]))
    path = f"{start}/{where}".replace("?", "")
    ((exchange, seen),) = ask(caller, f"{path}?{query}", method=method)
    assert exchange.dialect == caller
    if exchange.reason is not None and exchange.origin == "gateway":
        check_refused_here(caller, exchange, seen, exchange.reason)
    else:
        assert seen
