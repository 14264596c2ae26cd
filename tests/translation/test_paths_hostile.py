"""Whatever a path holds, reading it raises nothing, and what comes through is safe to write to a backend."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corpora import naughty_strings, traversals
from support.specs import all_specs

from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.paths import Paths, compile_paths, is_scope
from jobgateway.translation.urls import encode

PATHS = {name: compile_paths(spec.operations) for name, spec in all_specs().items()}
V2 = PATHS["openreplay-v2"]
EXPLORER = PATHS["explorer"]
GOLDEN = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+")
"""What every path that is written must look like; and no segment is dots alone."""


def golden(path: str) -> bool:
    return bool(GOLDEN.fullmatch(path)) and not any(set(segment) == {"."} for segment in path.split("/")[1:])


def check_outcome(paths: Paths, method: str, path: str) -> None:
    """A refusal, or a call whose own path is golden."""
    outcome = paths.read(method, path)
    if isinstance(outcome, Refusal):
        assert outcome.value is None or len(outcome.value) <= 64
    else:
        assert outcome.scope is None or is_scope(outcome.scope)
        assert golden(paths.write(outcome)[1])


pieces = st.sampled_from(
    ["/", "%", "2F", "%2e", "..", "%00", "jobs", "public", "api", "v1", "api-open", "workflows", "3451", "K", ""]
)


@given(method=st.sampled_from(["GET", "DELETE", "PUT"]), path=st.text(max_size=60) | st.lists(pieces).map("".join))
@settings(max_examples=400, deadline=None)
def test_no_path_raises_and_what_comes_through_is_golden(method: str, path: str) -> None:
    for paths in PATHS.values():
        check_outcome(paths, method, path)
        check_outcome(paths, method, "/" + path)


@given(raw=st.binary(max_size=40), quoted=st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_bytes_in_a_slot_are_refused_or_golden(raw: bytes, quoted: bool) -> None:
    segment = "".join(f"%{byte:02X}" for byte in raw) if quoted else raw.decode("latin-1")
    for path in (f"/public/{segment}/jobs", f"/public/K/jobs/{segment}", f"/public/{segment}/jobs/{segment}"):
        check_outcome(V2, "GET", path)


@pytest.mark.parametrize("written", [str, encode])
def test_traversals_and_naughty_strings_in_a_slot_are_refused_or_golden(written) -> None:
    for line in (*traversals(), *naughty_strings()):
        for path in (f"/public/{written(line)}/jobs", f"/public/K/jobs/{written(line)}", written(line)):
            check_outcome(V2, "GET", path)
            check_outcome(EXPLORER, "GET", path.replace("/public/K", "/api-open/v1"))


def test_no_traversal_is_an_id_and_none_with_a_separator_is_a_scope() -> None:
    for line in traversals():
        assert isinstance(V2.read("GET", f"/public/K/jobs/{encode(line)}"), Refusal), line
        if set(line) & set("/\\%"):
            assert V2.read("GET", f"/public/{encode(line)}/jobs") == Refusal(Reason.NO_SCOPE), line
