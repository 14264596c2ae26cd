"""What a pair loses, told from two specs alone."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobgateway.mock.population import population
from jobgateway.translation.dialect import Dialect, compile_dialect
from jobgateway.translation.hub import GetJob, Job, Status
from jobgateway.translation.losses import NEWEST_FIRST, OLDEST_FIRST, Collapse, Fidelity, Losses, losses
from support.specs import all_specs

if TYPE_CHECKING:
    from jobgateway.translation.spec import Spec

SPECS = all_specs()
V1, V2, EXPLORER = SPECS["openreplay-v1"], SPECS["openreplay-v2"], SPECS["explorer"]
PAIRS = list(product(SPECS.values(), repeat=2))

OPENREPLAYS = ("project_id", "action", "reference_id", "updated_at", "starts_at", "errors")
EXPLORERS = ("workflow_id", "workflow_name", "began_at", "ended_at", "tasks")
STOPPING = (Collapse(Status.STOPPING, Status.RUNNING),)


def named(spec: Spec, name: str = "twin") -> Spec:
    return replace(spec, dialect=name)


@pytest.mark.parametrize("caller", [V1, V2], ids=lambda spec: spec.dialect)
def test_what_an_openreplay_caller_loses_over_explorer(caller):
    found = losses(caller, EXPLORER)
    assert found.absent == OPENREPLAYS
    assert found.unseen == EXPLORERS
    assert found.collapsed == STOPPING
    assert found.unsaid == ()
    assert found.fidelity is Fidelity.LOSSY


@pytest.mark.parametrize("backend", [V1, V2], ids=lambda spec: spec.dialect)
def test_what_an_explorer_caller_loses_over_openreplay(backend):
    found = losses(EXPLORER, backend)
    assert found.absent == EXPLORERS
    assert found.unseen == OPENREPLAYS
    assert found.collapsed == ()
    assert found.unsaid == (Status.STOPPING,)
    assert found.fidelity is Fidelity.LOSSY


def test_the_two_openreplays_lose_nothing_to_one_another_and_differ_in_paging():
    older_over_newer, newer_over_older = losses(V1, V2), losses(V2, V1)
    assert older_over_newer == Losses("openreplay-v1", "openreplay-v2", walked=True)
    assert newer_over_older == Losses("openreplay-v2", "openreplay-v1", sliced=True, emulated=(NEWEST_FIRST,))
    assert older_over_newer.fidelity is newer_over_older.fidelity is Fidelity.EMULATED
    assert not older_over_newer.loses and not newer_over_older.loses


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_one_dialect_on_both_sides_loses_nothing(spec):
    assert losses(spec, spec) == Losses(spec.dialect, spec.dialect)
    assert losses(spec, spec).fidelity is Fidelity.SAME
    assert not losses(spec, spec).loses


def test_a_dialect_that_says_the_same_under_another_name_is_equal():
    found = losses(V2, named(V2))
    assert found == Losses("openreplay-v2", "twin")
    assert found.fidelity is Fidelity.EQUAL


@pytest.mark.parametrize(("caller", "backend"), PAIRS, ids=lambda spec: spec.dialect)
def test_the_fields_of_a_pair_are_those_of_the_two_specs(caller, backend):
    found = losses(caller, backend)
    if caller is backend:
        return
    whole = {name for name in (*found.absent, *found.unseen) if "." not in name}
    assert whole == caller.job.keys() ^ backend.job.keys()


def test_a_fill_supplies_what_the_backend_cannot():
    found = losses(V2, EXPLORER, frozenset({"project_id", "action", "starts_at"}))
    assert found.absent == ("reference_id", "updated_at", "errors")


def test_a_pair_whose_every_absence_is_filled_still_collapses_statuses():
    found = losses(V2, EXPLORER, frozenset(OPENREPLAYS))
    assert found.absent == ()
    assert found.collapsed == STOPPING
    assert found.loses and found.fidelity is Fidelity.LOSSY


def test_a_filled_whole_has_no_absent_parts():
    assert "tasks" not in losses(EXPLORER, V2, frozenset({"tasks"})).absent
    assert not any(name.startswith("tasks") for name in losses(EXPLORER, V2, frozenset({"tasks"})).absent)


def test_the_parts_of_a_task_are_compared_where_both_sides_have_tasks():
    tasks = EXPLORER.job["tasks"]
    fewer = {name: part for name, part in tasks.each.items() if name != "ended_at"}
    poorer = named(replace(EXPLORER, job={**EXPLORER.job, "tasks": replace(tasks, each=fewer)}))
    assert losses(EXPLORER, poorer).absent == ("tasks.ended_at",)
    assert losses(poorer, EXPLORER).unseen == ("tasks.ended_at",)


def test_what_only_the_detail_tells_is_missing_from_lists_that_show_it():
    name = EXPLORER.job["workflow_name"]
    shy = named(replace(EXPLORER, job={**EXPLORER.job, "workflow_name": replace(name, detail_only=True)}))
    assert losses(EXPLORER, shy).unlisted == ("workflow_name",)
    assert losses(EXPLORER, shy).fidelity is Fidelity.LOSSY
    assert losses(shy, EXPLORER).unlisted == ()
    assert losses(EXPLORER, shy, frozenset({"workflow_name"})).unlisted == ()


def test_conditions_and_orders_that_the_backend_does_not_evaluate_exactly_are_the_gateways():
    assert losses(EXPLORER, V2).emulated == ("title", "statuses", "created_from", "created_to", OLDEST_FIRST)
    assert losses(EXPLORER, V1).emulated == (
        "title",
        "statuses",
        "created_from",
        "created_to",
        NEWEST_FIRST,
        OLDEST_FIRST,
    )
    assert losses(EXPLORER, named(EXPLORER)).emulated == ("title", "created_from", "created_to")
    assert losses(V2, EXPLORER).emulated == ()


def test_a_status_is_asked_of_the_backend_only_where_its_words_mean_the_same_statuses():
    acme = SPECS["acme"]
    assert losses(EXPLORER, acme).emulated == ("title", "statuses", OLDEST_FIRST)
    assert losses(acme, EXPLORER).emulated == ("statuses", "created_from", "created_to")
    assert losses(acme, named(acme)).emulated == ()


@pytest.mark.parametrize(
    ("caller", "backend", "flags"),
    [
        (EXPLORER, V2, {"counted", "windowed", "unscoped"}),
        (EXPLORER, V1, {"sliced", "unscoped"}),
        (EXPLORER, SPECS["acme"], {"windowed", "scope_checked", "unscoped"}),
        (V2, EXPLORER, {"cancel_reads", "scope_checked", "unscoped"}),
        (V1, EXPLORER, {"walked", "cancel_reads", "scope_checked", "unscoped"}),
        (V1, SPECS["acme"], {"walked", "scope_checked", "unscoped"}),
        (SPECS["acme"], V2, {"counted", "windowed", "unscoped"}),
    ],
    ids=lambda value: getattr(value, "dialect", None),
)
def test_the_work_of_the_gateway_for_a_pair(caller, backend, flags):
    found = losses(caller, backend)
    assert {name for name in found.__struct_fields__ if getattr(found, name) is True} == flags


@pytest.mark.parametrize(
    ("largest", "too_large", "backend_largest", "windowed"),
    [
        (100, "default", 100, False),
        (101, "default", 100, True),
        (101, "clamp", 100, True),
        (10, "accept", 100, True),
        (None, "refuse", 100, True),
        (None, "refuse", None, False),
        (1000, "refuse", None, False),
        (10, "accept", None, False),
    ],
)
def test_pages_are_put_together_where_a_caller_may_ask_for_more_than_one_backend_page(
    largest, too_large, backend_largest, windowed
):
    def sized(spec: Spec, **words: object) -> Spec:
        return named(replace(spec, paging=replace(spec.paging, size=replace(spec.paging.size, **words))), str(words))

    caller, backend = sized(V2, largest=largest, too_large=too_large), sized(V2, largest=backend_largest, key="rows")
    assert losses(caller, backend).windowed is windowed


def test_a_window_that_starts_anywhere_is_put_together_from_numbered_pages():
    acme = SPECS["acme"]
    by_page = named(replace(acme, paging=replace(acme.paging, by="page")))
    assert losses(acme, by_page).windowed
    assert not losses(by_page, acme).windowed


def test_one_path_that_cannot_say_the_scope_is_enough_for_jobs_to_be_read_first():
    get = replace(EXPLORER.operations.get, path="/api-open/v1/{scope}/jobs/{id}")
    cancel = replace(EXPLORER.operations.cancel, path="/api-open/v1/{scope}/jobs/{id}/cancel")
    half = named(replace(EXPLORER, operations=replace(EXPLORER.operations, get=get)))
    whole = named(replace(EXPLORER, operations=replace(EXPLORER.operations, get=get, cancel=cancel)))
    assert losses(EXPLORER, half).scope_checked
    assert not losses(EXPLORER, whole).scope_checked


def test_a_backend_whose_own_order_is_not_known_gives_none():
    unordered = named(replace(EXPLORER, order=None))
    assert losses(EXPLORER, unordered).emulated[-2:] == (NEWEST_FIRST, OLDEST_FIRST)
    assert losses(unordered, EXPLORER).emulated == ("title", "created_from", "created_to")


def test_a_backend_whose_cancel_answers_the_job_is_not_read_after_it():
    answering = named(replace(EXPLORER, answers=replace(EXPLORER.answers, cancel=EXPLORER.answers.get)))
    assert losses(V2, EXPLORER).cancel_reads
    assert not losses(V2, answering).cancel_reads
    assert not losses(EXPLORER, named(EXPLORER)).cancel_reads


WHOLE = population(40, seed=7)


@cache
def compiled(name: str, *, lenient: bool) -> Dialect:
    """A dialect; the lenient one reads null for every field, which callers are shown where a field is absent."""
    spec = SPECS[name]
    if lenient:
        always = {"id", "title", "status"}
        job = {field: replace(words, nullable=field not in always) for field, words in spec.job.items()}
        spec = replace(spec, job=job)
    return compile_dialect(spec)


def passed(job: Job, caller: Spec, backend: Spec) -> tuple[Job, Job]:
    """A job as the backend says it, and as the caller's dialect then shows it."""
    said, shown = compiled(backend.dialect, lenient=False), compiled(caller.dialect, lenient=True)
    call = GetJob(None, job.id)
    told = said.read_reply(call, said.write_reply(call, job, backend.profiles[0]))
    seen = shown.read_reply(call, shown.write_reply(call, told, caller.profiles[0]))
    assert isinstance(told, Job) and isinstance(seen, Job)
    return told, seen


@pytest.mark.parametrize(("caller", "backend"), PAIRS, ids=lambda spec: spec.dialect)
def test_jobs_lose_on_their_way_what_the_losses_say_and_nothing_else(caller, backend):
    found = losses(caller, backend)
    lost = set()
    for job in WHOLE:
        told, seen = passed(job, caller, backend)
        named = (name for name in Job.__struct_fields__ if name != "status")
        lost |= {name for name in named if (getattr(told, name) or None) != (getattr(seen, name) or None)}
        assert not any(getattr(seen, name) for name in found.absent)
    assert lost == set(found.unseen)


@pytest.mark.parametrize(("caller", "backend"), PAIRS, ids=lambda spec: spec.dialect)
def test_statuses_are_shown_as_the_losses_say(caller, backend):
    changed = set()
    for status in Status:
        told, seen = passed(replace(WHOLE[0], status=status, tasks=None), caller, backend)
        if told.status is not seen.status:
            changed.add(Collapse(told.status, seen.status))
    assert changed == set(losses(caller, backend).collapsed)
