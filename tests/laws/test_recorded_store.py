"""The recorded store of 130 jobs, behind every backend dialect, served to every caller.

The oracle works on the recorded JSON alone: dictionaries, tables written by hand, sorting and
cutting in plain Python. Nothing of the product takes part in what is expected.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import anyio
import msgspec
import pytest

from jobgateway.gateway import Gateway
from jobgateway.translation.hub import Job, ListJobs, Page, Window
from jobgateway.translation.wire import Response
from support.gateways import DIALECTS, SCOPE, gateway_over, get
from support.recordings import FILES, recordings

Json = dict[str, Any]
Ask = Callable[[str], Awaitable[Any]]

WORKFLOW = {"workflowId": "4216617528", "workflowName": "workflow_q745a"}
"""What an explorer backend says of jobs that were recorded from a server without workflows."""
CASES = {"openreplay-v1": "list-130", "openreplay-v2": "list-query[limit=200]", "explorer": "list-130"}
"""The recorded answer that fills the store behind each backend dialect; explorer's jobs are those of v1."""
NUMBERS = {"scheduled": 0, "running": 1, "completed": 2, "failed": 3, "cancelled": 4}
NOT_SAID = dict.fromkeys(("projectId", "action", "referenceId", "updatedAt", "startAt", "errors"))
"""What OpenReplay's jobs have and explorer's have not."""
CALLERS = ("openreplay-v2", "openreplay-v1", "explorer")
PAIRS = list(itertools.product(CALLERS, CASES))


def source(backend: str) -> str:
    """The dialect in which a backend's jobs were recorded."""
    return "openreplay-v2" if backend == "openreplay-v2" else "openreplay-v1"


@cache
def recorded(backend: str) -> tuple[Json, ...]:
    """The recorded jobs behind a backend, in the order in which the server gave them; json and nothing else."""
    path, _ = FILES[source(backend)]
    lines = map(json.loads, path.read_text(encoding="utf-8").rstrip("\n").split("\n"))
    (line,) = (line for line in lines if line["case"] == CASES[backend])
    return tuple(json.loads(line["response"]["body"])["data"])


@cache
def stored(backend: str) -> tuple[Job, ...]:
    """The same as the product reads them."""
    dialect = DIALECTS[source(backend)]
    (response,) = (
        each.response for each in recordings() if (each.dialect, each.case) == (source(backend), CASES[backend])
    )
    page = dialect.read_reply(ListJobs(SCOPE, Window(0, 200)), Response(200, response.body))
    assert isinstance(page, Page)
    if backend != "explorer":
        return page.jobs
    given = {"workflow_id": WORKFLOW["workflowId"], "workflow_name": WORKFLOW["workflowName"]}
    return tuple(msgspec.structs.replace(job, **given) for job in page.jobs)


def shown(caller: str, backend: str, job: Json) -> Json:
    """A recorded job as a caller must see it."""
    if caller == "explorer":
        workflow = WORKFLOW if backend == "explorer" else dict.fromkeys(WORKFLOW)
        times = {"runBeginTime": None, "runEndTime": None, "createTime": job["createdAt"]}
        return {
            "id": job["jobId"],
            "name": job["description"],
            "status": NUMBERS[job["status"]],
            **workflow,
            **times,
        }
    return {**job, **NOT_SAID} if backend == "explorer" else job


def by_id(job: Json) -> int:
    number: int = job["jobId"]
    return number


def by_time(job: Json) -> tuple[int, int]:
    return (job["createdAt"], job["jobId"])


def over(caller: str, backend: str) -> Gateway:
    workflows = {"scopes": {WORKFLOW["workflowId"]: SCOPE}}
    confined = caller == "explorer" and backend != "explorer"
    return gateway_over(stored(backend), caller=caller, backend=backend, route=workflows if confined else None)


def run(caller: str, backend: str, steps: Callable[[Ask], Awaitable[None]]) -> None:
    """Let steps ask a gateway for targets; every answer must be one of success."""

    async def scenario() -> None:
        gateway = over(caller, backend)

        async def ask(target: str) -> Any:
            response = (await gateway.answer(get(target, DIALECTS[caller]))).response
            assert response.status == 200, (target, response.body)
            return json.loads(response.body)

        await steps(ask)
        await gateway.aclose()

    anyio.run(scenario)


def test_the_recorded_store_is_what_the_tests_below_need() -> None:
    jobs = recorded("openreplay-v1")

    assert len(jobs) == 130
    assert Counter(job["status"] for job in jobs) == {
        "completed": 52,
        "scheduled": 36,
        "cancelled": 18,
        "failed": 18,
        "running": 6,
    }
    assert {by_id(job) for job in jobs} == {by_id(job) for job in recorded("openreplay-v2")}
    assert sorted(jobs, key=by_id) == sorted(jobs, key=by_time)
    assert list(jobs) != sorted(jobs, key=by_id)
    assert list(recorded("openreplay-v2")) == sorted(recorded("openreplay-v2"), key=by_id, reverse=True)


@pytest.mark.parametrize("backend", CASES)
@pytest.mark.parametrize("limit", [7, 50, 129, 130, 131, 200])
def test_openreplay_v2_callers_walk_all_pages(backend: str, limit: int) -> None:
    expected = [shown("openreplay-v2", backend, job) for job in sorted(recorded(backend), key=by_id, reverse=True)]

    async def walk(ask: Ask) -> None:
        for page in range(1, 130 // limit + 3):
            answer = await ask(f"/public/{SCOPE}/jobs?limit={limit}&page={page}")
            assert answer == {"data": expected[(page - 1) * limit : page * limit]}

    run("openreplay-v2", backend, walk)


@pytest.mark.parametrize("backend", CASES)
def test_openreplay_v2_callers_get_the_documented_page_where_they_ask_for_none(backend: str) -> None:
    expected = [shown("openreplay-v2", backend, job) for job in sorted(recorded(backend), key=by_id, reverse=True)]

    async def ask_without(ask: Ask) -> None:
        for query in ("", "?limit=500", "?limit=0&page=0", "?limit=abc&page=", "?page=-3", "?status=running"):
            assert await ask(f"/public/{SCOPE}/jobs{query}") == {"data": expected[:50]}

    run("openreplay-v2", backend, ask_without)


@pytest.mark.parametrize("backend", CASES)
def test_openreplay_v1_callers_get_the_whole_list_in_the_backends_order(backend: str) -> None:
    jobs = list(recorded(backend))
    if backend == "explorer":
        jobs.sort(key=by_time, reverse=True)

    async def ask_once(ask: Ask) -> None:
        answer = await ask(f"/api/v1/{SCOPE}/jobs?limit=5")
        assert answer == {"data": [shown("openreplay-v1", backend, job) for job in jobs]}

    run("openreplay-v1", backend, ask_once)


def listed(backend: str, jobs: list[Json], page: int, size: int) -> Json:
    """The answer to an explorer caller, jobs in order."""
    items = [shown("explorer", backend, job) for job in jobs[(page - 1) * size : page * size]]
    listing = {"items": items, "total": len(jobs), "Page": page, "PageSize": size}
    return {"code": 0, "message": "Success", "data": listing}


@pytest.mark.parametrize("backend", CASES)
@pytest.mark.parametrize("size", [7, 10, 100, 129, 130, 131, 500])
def test_explorer_callers_walk_all_pages_and_always_see_the_total(backend: str, size: int) -> None:
    jobs = sorted(recorded(backend), key=by_time, reverse=True)

    async def walk(ask: Ask) -> None:
        for page in range(1, 130 // size + 3):
            answer = await ask(f"/api-open/v1/jobs?pageSize={size}&page={page}")
            assert answer == listed(backend, jobs, page, size)

    run("explorer", backend, walk)


@pytest.mark.parametrize("backend", CASES)
def test_explorer_callers_walk_the_list_of_one_workflow(backend: str) -> None:
    jobs = sorted(recorded(backend), key=by_time, reverse=True)

    async def walk(ask: Ask) -> None:
        for page in (1, 2, 3, 4):
            answer = await ask(f"/api-open/v1/workflows/{WORKFLOW['workflowId']}/jobs?pageSize=50&page={page}")
            assert answer == listed(backend, jobs, page, 50)

    run("explorer", backend, walk)


def filters(jobs: list[Json]) -> Iterator[Json]:
    """Filters that the recorded jobs make interesting, every condition alone and some together."""
    yield {}
    yield from ({"status": number} for number in range(6))
    names = Counter(job["description"] for job in jobs)
    (most, _), *_ = names.most_common()
    yield from ({"name": name} for name in (most, jobs[7]["description"], most[:-1], most.upper(), "", "no such job"))
    yield from ({"name": job["description"]} for job in jobs if not job["description"].isascii())
    times = sorted(job["createdAt"] for job in jobs)
    low, high = times[30], times[100]
    yield from ({"fromCreateTime": low + shift} for shift in (-1, 0, 1))
    yield from ({"toCreateTime": high + shift} for shift in (-1, 0, 1))
    yield from ({"fromCreateTime": low, "toCreateTime": high}, {"fromCreateTime": high, "toCreateTime": low})
    yield from ({"fromCreateTime": low, "toCreateTime": low}, {"fromCreateTime": 0}, {"toCreateTime": 0})
    yield {"status": 2, "fromCreateTime": low, "toCreateTime": high}
    yield {"name": most, "status": 0, "fromCreateTime": times[0], "toCreateTime": times[-1]}


def admitted(job: Json, wanted: Json) -> bool:
    """Whether a recorded job meets a filter."""
    return (
        ("name" not in wanted or job["description"] == wanted["name"])
        and ("status" not in wanted or NUMBERS[job["status"]] == wanted["status"])
        and wanted.get("fromCreateTime", 0) <= job["createdAt"] <= wanted.get("toCreateTime", 2**60)
    )


@pytest.mark.parametrize("backend", CASES)
@pytest.mark.parametrize("order", [None, "desc", "asc"])
@pytest.mark.parametrize(("size", "page"), [(10, 1), (7, 2), (500, 1)])
def test_explorer_callers_filter_and_turn_the_list(backend: str, order: str | None, size: int, page: int) -> None:
    ordered = sorted(recorded(backend), key=by_time, reverse=order != "asc")

    async def ask_each(ask: Ask) -> None:
        for wanted in filters(ordered):
            said = json.dumps(wanted if order is None else {**wanted, "orderByCreateTime": order}, ensure_ascii=False)
            answer = await ask(f"/api-open/v1/jobs?filter={quote(said, safe='')}&pageSize={size}&page={page}")
            assert answer == listed(backend, [job for job in ordered if admitted(job, wanted)], page, size), said

    run("explorer", backend, ask_each)


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
def test_every_recorded_job_is_shown_to_every_caller(caller: str, backend: str) -> None:
    async def ask_each(ask: Ask) -> None:
        for job in recorded(backend):
            expected = shown(caller, backend, job)
            if caller == "explorer":
                answer = await ask(f"/api-open/v1/jobs/{by_id(job)}")
                assert answer == {"code": 0, "message": "Success", "data": {**expected, "tasks": []}}
            else:
                root = "public" if caller == "openreplay-v2" else "api/v1"
                assert await ask(f"/{root}/{SCOPE}/jobs/{by_id(job)}") == {"data": expected}

    run(caller, backend, ask_each)
