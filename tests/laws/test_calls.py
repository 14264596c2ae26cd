"""Law 4: the request that a dialect writes for a call is read as that call, and nothing is added or lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.translation.calls import compile_calls
from jobgateway.translation.hub import LARGEST_ID, Call, CancelJob, GetJob, ListJobs, Order, Status, Wanted, Window
from jobgateway.translation.spec import Endpoint, Spec
from support.specs import all_specs, spec_paths
from support.strategies import millis, texts

SPECS = all_specs()
CALLS = {name: compile_calls(spec) for name, spec in SPECS.items()}
GRAMMAR = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.~-]{1,64}")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")

scopes = st.from_regex(GRAMMAR, fullmatch=True)
ids = st.integers(0, LARGEST_ID)


def scopes_of(endpoint: Endpoint) -> st.SearchStrategy[str | None]:
    return scopes if "{scope}" in endpoint.path else st.none()


def windows(spec: Spec) -> st.SearchStrategy[Window | None]:
    """The windows that a backend of the dialect can be asked for."""
    paging = spec.paging
    if paging is None:
        return st.none()
    limits = st.integers(1, paging.size.largest or 10**6)
    starts = st.integers(0, 10**12)
    if paging.by == "offset":
        return st.builds(Window, starts, limits)
    return st.builds(lambda before, limit: Window(before * limit, limit), starts, limits)


def status_sets(spec: Spec) -> list[frozenset[Status]]:
    return [frozenset({status, *entry.also_written_for}) for status, entry in spec.statuses.items()]


def wanted(spec: Spec) -> st.SearchStrategy[Wanted]:
    """The conditions that the dialect has words for."""
    values: dict[str, st.SearchStrategy[object]] = {
        "title": texts,
        "statuses": st.sampled_from(status_sets(spec)),
        "created_from": millis,
        "created_to": millis,
    }
    said = spec.filter.conditions if spec.filter is not None else {}
    return st.fixed_dictionaries({}, optional={name: values[name] for name in said}).map(lambda found: Wanted(**found))


def orders(spec: Spec) -> st.SearchStrategy[Order | None]:
    own = None if spec.order is None else Order(spec.order.key)
    if spec.filter is None or spec.filter.order is None:
        return st.just(own)
    return st.sampled_from([own, Order("created_at", newest_first=False)])


def calls_of(spec: Spec) -> st.SearchStrategy[Call]:
    """Every call within a dialect's abilities, told from the spec's tables alone."""
    operations = spec.operations
    lists = st.builds(
        ListJobs,
        scope=st.one_of([scopes_of(endpoint) for endpoint in operations.list]),
        window=windows(spec),
        wanted=wanted(spec),
        order=orders(spec),
        counted=st.just(spec.answers.list.total is not None),
    )
    gets = st.builds(GetJob, scopes_of(operations.get), ids)
    return lists | gets | st.builds(CancelJob, scopes_of(operations.cancel), ids)


def test_every_spec_file_is_under_the_law() -> None:
    assert len(SPECS) == len(spec_paths()) >= 4


@pytest.mark.parametrize("name", SPECS)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_a_call_that_is_written_and_read_is_the_same_call(name: str, data: st.DataObject) -> None:
    call = data.draw(calls_of(SPECS[name]))
    request = CALLS[name].write_call(call)

    assert CALLS[name].read_call(request) == call


@pytest.mark.parametrize("name", SPECS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_request_that_is_written_is_plain_ascii_with_nothing_left_to_quote(name: str, data: st.DataObject) -> None:
    request = CALLS[name].write_call(data.draw(calls_of(SPECS[name])))

    assert request.path.startswith("/" + "/".join(CALLS[name].root))
    assert all(GRAMMAR.fullmatch(segment) for segment in request.path.split("/")[1:])
    for pair in request.query.split("&") if request.query else ():
        key, _, value = pair.partition("=")
        assert UNRESERVED.fullmatch(key)
        assert UNRESERVED.fullmatch(re.sub("%[0-9A-F]{2}", "", value))
    assert all(key == key.lower() and key not in {b"authorization", b"cookie"} for key, _ in request.headers)


@pytest.mark.parametrize("name", SPECS)
def test_the_sets_of_statuses_that_can_be_asked_for_are_those_of_the_words(name: str) -> None:
    spec = SPECS[name]
    said = spec.filter is not None and "statuses" in spec.filter.conditions

    assert CALLS[name].status_sets == (frozenset(status_sets(spec)) if said else frozenset())
