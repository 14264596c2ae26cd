"""Whatever a path holds, reading it raises nothing, and what comes through is safe to write to a backend."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobgateway.translation.hub import LARGEST_ID, GetJob, Reason, Refusal
from jobgateway.translation.paths import Paths, compile_paths, is_scope, read_id
from jobgateway.translation.urls import encode
from support.corpora import naughty_strings, traversals
from support.specs import all_specs

PATHS = {name: compile_paths(spec.operations) for name, spec in all_specs().items()}
V2 = PATHS["openreplay-v2"]
EXPLORER = PATHS["explorer"]
KEY = "3sWXSsqHgSKnE87YkNJK"
GOLDEN = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+")
"""What every path that is written must look like; and no segment is dots alone."""


def golden(path: str) -> bool:
    return bool(GOLDEN.fullmatch(path)) and not any(set(segment) == {"."} for segment in path.split("/")[1:])


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("abc", "abc"),
        ("3.0", "3.0"),
        ("3.", "3."),
        ("1e1", "1e1"),
        ("1_0", "1_0"),
        ("0x10", "0x10"),
        ("007", "007"),
        ("00", "00"),
        ("-3", "-3"),
        ("-0", "-0"),
        ("+3", "+3"),
        ("%2B3", "+3"),
        ("%203", " 3"),
        ("3%20", "3 "),
        ("3%09", "3\t"),
        ("3%0A", "3\n"),
        ("3%0D%0A", "3\r\n"),
        ("3%00", "3\0"),
        ("%00", "\0"),
        ("3%2F4", "3/4"),
        ("3%2Fcancel", "3/cancel"),
        ("%2e%2e", ".."),
        ("..", ".."),
        (".", "."),
        ("3;4", "3;4"),
        ("3%3Fx=1", "3?x=1"),
        ("3%23", "3#"),
        ("%EF%BC%93%EF%BC%94", "\uff13\uff14"),  # full-width digits
        ("%D9%A3", "\u0663"),  # an Arabic digit
        ("%C2%B2", "\u00b2"),  # a superscript
        ("%2533", "%33"),  # decoded once, not twice
        ("%25", "%"),
        ("%", "%"),
        ("3%", "3%"),
        ("3%2", "3%2"),
        ("3%zz", "3%zz"),
        ("%u0033", "%u0033"),
        ("%FF", "%FF"),
        ("%C0%B3", "%C0%B3"),  # an overlong digit
        ("%ED%A0%80", "%ED%A0%80"),  # a surrogate
        (str(2**63), str(2**63)),
        ("9" * 19, "9" * 19),
        ("9" * 20, "9" * 20),
        ("1" + "0" * 39, "1" + "0" * 39),
        ("1" * 5000, "1" * 64),
        ("0" * 5000 + "1", "0" * 64),
    ],
)
@pytest.mark.parametrize("name", PATHS)
def test_anything_else_in_the_place_of_an_id_is_a_bad_id(name: str, sent: str, shown: str) -> None:
    method, path, _ = PATHS[name].write(GetJob("K", 7))
    refusal = PATHS[name].read(method, path.removesuffix("7") + sent)

    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.value) == (Reason.BAD_ID, shown)
    assert refusal.detail == "an id is a number from 0 to 9223372036854775807 in ASCII digits, without a leading zero"


@given(st.text(st.characters(categories=["Nd", "No", "Nl"], include_characters="0123456789+-. _"), max_size=25))
@example("0")
@example(str(LARGEST_ID))
@settings(max_examples=300, deadline=None)
def test_only_the_shortest_ascii_form_of_a_number_is_an_id(text: str) -> None:
    ascii_digits = text != "" and set(text) <= set("0123456789")
    fits = ascii_digits and str(int(text)) == text and int(text) <= LARGEST_ID

    assert read_id(text) == (int(text) if fits else None)


@pytest.mark.parametrize(
    "scope",
    [
        ".",
        "..",
        "....",
        "%2e",
        "%2e%2e",
        ".%2E",
        "A" * 65,
        "a%2Fb",
        "a%5Cb",
        "a\\b",
        "a%00",
        "a%0A",
        "%20",
        "a%20",
        "+",
        "a;b",
        "a%3Fb",
        "a%23b",
        "a:b",
        "a@b",
        "{scope}",
        "%2541",
        "a%",
        "a%4",
        "a%zz",
        "%FF",
        "%C0%AE%C0%AE",
        "%E3%83%86",
        "é",
        "*",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_anything_else_in_the_place_of_a_scope_is_no_scope(scope: str, method: str) -> None:
    refusal = V2.read(method, f"/public/{scope}/jobs" + ("/abc" if method == "DELETE" else ""))

    assert refusal == Refusal(Reason.NO_SCOPE)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        "//",
        "/public",
        "/public/",
        f"/public/{KEY}",
        f"/public/{KEY}/jobs/",
        f"/public/{KEY}/jobs//",
        f"/public/{KEY}//jobs",
        f"//public/{KEY}/jobs",
        f"/public//{KEY}/jobs",
        "/public//jobs",
        f"/public/{KEY}/jobs//3",
        f"/public/{KEY}/jobs/3/",
        f"/public/{KEY}/jobs/3/4",
        f"/public%2F{KEY}/jobs",
        f"/public/{KEY}%2Fjobs",
        f"/public/{KEY}/jobs%2F3",
        f"/%2Fpublic/{KEY}/jobs",
        f"/Public/{KEY}/jobs",
        f"/public/{KEY}/jobs%00",
        f"/public/{KEY}/jobs%0A",
        f"/public/{KEY}/jobs%20",
        f"/public/{KEY}/jobs;a=b",
        f"/public/{KEY}/jobs.json",
        f"/public/{KEY}/jobs%",
        f"/public/{KEY}/jobs%FF",
        f"/public/{KEY}/job%2573",
        f"/%70ublic%/{KEY}/jobs",
        f"/x/../public/{KEY}/jobs",
        f"/./public/{KEY}/jobs",
        f"/public/x/../{KEY}/jobs",
        f"/public/{KEY}/x/../jobs",
        f"/public/{KEY}/x/%2e%2e/jobs",
        f"public/{KEY}/jobs",
        f" /public/{KEY}/jobs",
        f"http://h/public/{KEY}/jobs",
        f"/public/{KEY}/jobs?limit=5",
        f"/public/{KEY}/jobs#x",
        f"/api/v1/{KEY}/jobs",
        "/" * 20_000,
        "/public" * 2_000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_path_that_is_not_exactly_one_of_its_own_is_no_path(path: str, method: str) -> None:
    assert V2.read(method, path) == Refusal(Reason.NO_PATH)


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
