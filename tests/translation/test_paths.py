"""Which call a method and a path ask for."""

from __future__ import annotations

import msgspec
import pytest

from jobgateway.translation.hub import LARGEST_ID, Call, CancelJob, GetJob, ListJobs, Reason, Refusal
from jobgateway.translation.paths import Paths, compile_paths, is_scope
from jobgateway.translation.spec import Endpoint, Operations
from support.specs import all_specs

PATHS = {name: compile_paths(spec.operations) for name, spec in all_specs().items()}
V2 = PATHS["openreplay-v2"]
EXPLORER = PATHS["explorer"]
KEY = "3sWXSsqHgSKnE87YkNJK"


def operations(*lists: str, get: str, cancel: str) -> Operations:
    return Operations(
        list=tuple(Endpoint("GET", path) for path in lists), get=Endpoint("GET", get), cancel=Endpoint("DELETE", cancel)
    )


@pytest.mark.parametrize(
    ("dialect", "method", "path", "call"),
    [
        ("openreplay-v2", "GET", f"/public/{KEY}/jobs", ListJobs(KEY)),
        ("openreplay-v2", "GET", f"/public/{KEY}/jobs/3451", GetJob(KEY, 3451)),
        ("openreplay-v2", "DELETE", f"/public/{KEY}/jobs/3452", CancelJob(KEY, 3452)),
        ("openreplay-v1", "GET", f"/api/v1/{KEY}/jobs", ListJobs(KEY)),
        ("openreplay-v1", "GET", f"/api/v1/{KEY}/jobs/3451", GetJob(KEY, 3451)),
        ("openreplay-v1", "DELETE", f"/api/v1/{KEY}/jobs/3452", CancelJob(KEY, 3452)),
        ("explorer", "GET", "/api-open/v1/jobs", ListJobs(None)),
        ("explorer", "GET", "/api-open/v1/workflows/4216617528/jobs", ListJobs("4216617528")),
        ("explorer", "GET", "/api-open/v1/jobs/1964", GetJob(None, 1964)),
        ("explorer", "PUT", "/api-open/v1/jobs/30600/cancel", CancelJob(None, 30600)),
        ("acme", "GET", "/batch/v3/tenants/t-17/jobs", ListJobs("t-17")),
        ("acme", "POST", "/batch/v3/jobs/9001/cancellation", CancelJob(None, 9001)),
    ],
)
def test_the_paths_of_the_documents_are_read_and_written(dialect: str, method: str, path: str, call: Call) -> None:
    assert PATHS[dialect].read(method, path) == call
    assert PATHS[dialect].write(call)[:2] == (method, path)


@pytest.mark.parametrize(
    ("dialect", "root"),
    [
        ("openreplay-v2", ("public",)),
        ("openreplay-v1", ("api", "v1")),
        ("explorer", ("api-open", "v1")),
        ("acme", ("batch", "v3")),
    ],
)
def test_the_root_is_the_literal_segments_that_all_paths_share(dialect: str, root: tuple[str, ...]) -> None:
    assert PATHS[dialect].root == root


def test_the_root_may_be_a_whole_path() -> None:
    paths = compile_paths(operations("/a/jobs", get="/a/jobs/{id}", cancel="/a/jobs/{id}/stop"))

    assert paths.root == ("a", "jobs")


@pytest.mark.parametrize("text", ["0", "1", "3451", str(2**53 + 1), str(LARGEST_ID), "%33451", "345%31"])
@pytest.mark.parametrize("name", PATHS)
def test_an_id_is_zero_or_digits_without_a_leading_zero(name: str, text: str) -> None:
    method, path, _ = PATHS[name].write(GetJob("K", 7))
    call = PATHS[name].read(method, path.removesuffix("7") + text)

    assert isinstance(call, GetJob)
    assert call.id == int(text.replace("%33", "3").replace("%31", "1"))


@pytest.mark.parametrize("scope", [KEY, "a", "-", "_", "~a", "a.b", "...a", "A" * 64, "4216617528", "%41bc", "a%2Db"])
def test_a_scope_is_up_to_64_unreserved_characters(scope: str) -> None:
    decoded = scope.replace("%41", "A").replace("%2D", "-")

    assert V2.read("GET", f"/public/{scope}/jobs") == ListJobs(decoded)
    assert is_scope(decoded)


@pytest.mark.parametrize("path", [f"/%70ublic/{KEY}/jobs", f"/public/{KEY}/j%6Fbs", f"/public/{KEY}/j%6fbs"])
def test_a_literal_is_decoded_before_it_is_compared(path: str) -> None:
    assert V2.read("GET", path) == ListJobs(KEY)


@pytest.mark.parametrize(
    ("dialect", "path", "allow"),
    [
        ("openreplay-v2", f"/public/{KEY}/jobs", ("GET",)),
        ("openreplay-v2", f"/public/{KEY}/jobs/3", ("DELETE", "GET")),
        ("openreplay-v2", f"/public/{KEY}/jobs/abc", ("DELETE", "GET")),
        ("openreplay-v2", "/public/../jobs", ("GET",)),
        ("explorer", "/api-open/v1/jobs/3", ("GET",)),
        ("explorer", "/api-open/v1/jobs/3/cancel", ("PUT",)),
    ],
)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PATCH", "TRACE", "get", "GET ", ""])
def test_another_method_is_refused_with_those_that_the_path_knows(
    dialect: str, path: str, allow: tuple[str, ...], method: str
) -> None:
    assert PATHS[dialect].read(method, path) == Refusal(Reason.NO_METHOD, allow=allow)


def test_of_two_faults_the_first_in_the_order_path_method_scope_id_is_told() -> None:
    def reason(method: str, path: str) -> Reason:
        refusal = V2.read(method, path)
        assert isinstance(refusal, Refusal)
        return refusal.reason

    assert reason("POST", "/public/../jobs/abc/") is Reason.NO_PATH
    assert reason("POST", "/public/../jobs/abc") is Reason.NO_METHOD
    assert reason("GET", "/public/../jobs/abc") is Reason.NO_SCOPE
    assert reason("GET", "/public/K/jobs/abc") is Reason.BAD_ID


def test_where_two_paths_fit_the_earlier_literal_decides() -> None:
    paths = compile_paths(operations("/v1/{scope}/jobs", get="/v1/jobs/{id}", cancel="/v1/{scope}/jobs/{id}"))

    assert paths.read("GET", "/v1/jobs/7") == GetJob(None, 7)
    assert paths.read("GET", "/v1/a/jobs") == ListJobs("a")
    refusal = paths.read("GET", "/v1/jobs/jobs")
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.BAD_ID


def test_the_slots_may_stand_in_any_order() -> None:
    paths = compile_paths(operations("/j", get="/j/{id}/of/{scope}", cancel="/j/{id}"))

    assert paths.read("GET", "/j/7/of/a") == GetJob("a", 7)
    assert paths.write(GetJob("a", 7))[:2] == ("GET", "/j/7/of/a")


@pytest.mark.parametrize(
    ("scope", "segment"), [("a b", "a%20b"), ("a/b", "a%2Fb"), ("%2e", "%252e"), ("{id}", "%7Bid%7D"), ("é", "%C3%A9")]
)
def test_a_scope_is_quoted_when_it_is_written(scope: str, segment: str) -> None:
    assert V2.write(GetJob(scope, 5))[1] == f"/public/{segment}/jobs/5"


@pytest.mark.parametrize("call", [ListJobs("."), GetJob("..", 1), CancelJob("", 1), ListJobs(None), GetJob(None, 1)])
def test_a_scope_that_no_path_can_say_is_never_written(call: Call) -> None:
    with pytest.raises(ValueError, match="scope"):
        V2.write(call)


def test_a_list_confined_where_no_path_says_so_is_never_written() -> None:
    paths = compile_paths(operations("/j", get="/j/{id}", cancel="/j/{id}"))

    with pytest.raises(ValueError, match="no path for a list with a scope"):
        paths.write(ListJobs("a"))


def test_an_endpoints_headers_are_written_in_lower_case_bytes() -> None:
    assert EXPLORER.write(CancelJob(None, 1))[2] == ((b"content-type", b"application/x-www-form-urlencoded"),)
    assert V2.write(CancelJob("K", 1))[2] == ()


def test_paths_are_values_that_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        V2.root = ("other",)  # type: ignore[misc]
    assert msgspec.structs.fields(Paths)[0].name == "root"
