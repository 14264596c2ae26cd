"""Over real sockets: mock backends and the gateway as processes, every pair, every page, every cancel."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jobgateway.mock.population import population
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import CancelJob, GetJob, ListJobs, Operation, Order, Status, Window
from support.gateways import DIALECTS, KEY, SCOPE
from support.processes import Process, free_port, mock_backend, running, wait_until_listening
from support.specs import ROOT, all_specs
from support.strategies import view

NAMES = sorted(DIALECTS)
PAIRS = list(itertools.product(NAMES, NAMES))
COUNT = 437
SEED = 5
JOBS = population(COUNT, SEED)


class Answer(NamedTuple):
    status: int
    media: str
    body: Any


class World(NamedTuple):
    """A gateway before one mock of each dialect; the prefix of a path says which backend answers."""

    port: int
    gateway: Process

    def ask(self, caller: str, backend: str, call: Any, *, key: str = KEY) -> Answer:
        dialect = DIALECTS[caller]
        request = dialect.write_call(call)
        header = dialect.write_secret(key)
        assert header is not None
        target = f"/to-{backend}{request.path}" + (f"?{request.query}" if request.query else "")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(request.method, target, headers={header[0].decode(): header[1].decode()})
            response = connection.getresponse()
            body = response.read()
            return Answer(response.status, response.getheader("content-type", ""), json.loads(body) if body else None)
        finally:
            connection.close()


def config_of(backends: dict[str, str], port: int) -> str:
    """One backend of each dialect, and a route from each dialect to it."""
    lines = ["version: 1", f"listen: {{host: 127.0.0.1, port: {port}}}", "dialects: {acme: ./acme.yaml}", "backends:"]
    for name, url in backends.items():
        front = {"openreplay-v1": "", "openreplay-v2": ""}.get(name, "")
        scope = f", scope: {SCOPE}" if "{scope}" in all_specs()[name].operations.get.path else ""
        lines.append(f"  {name}: {{dialect: {name}, url: '{url}{front}'{scope}, timeout: 30s}}")
    lines.append("routes:")
    lines += [
        f"  - {{dialect: {caller}, backend: {backend}, prefix: /to-{backend}}}"
        for caller in NAMES
        for backend in backends
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    acme = folder / "acme.yaml"
    acme.write_text((ROOT / "docs/examples/acme.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with ExitStack() as stack:
        options = ["--jobs", str(COUNT), "--seed", str(SEED), "--key", KEY]
        more = {"acme": ["--dialect-file", str(acme)]}
        backends = {name: stack.enter_context(mock_backend(name, *options, *more.get(name, []))) for name in NAMES}
        port = free_port()
        (folder / "gateway.yaml").write_text(config_of(backends, port), encoding="utf-8")
        gateway = stack.enter_context(running("run", "-c", str(folder / "gateway.yaml"), "--no-access-log"))
        wait_until_listening(port, gateway)
        yield World(port, gateway)
        assert gateway.stop() == 0, gateway.said()


def scope_for(caller: str, operation: Operation) -> str | None:
    """The scope where the caller's path has a place for one, and must."""
    paths = DIALECTS[caller].spec.operations
    listed = all("{scope}" in endpoint.path for endpoint in paths.list)
    return SCOPE if (listed if operation is Operation.LIST else "{scope}" in paths.get.path) else None


def at(body: Any, place: str) -> Any:
    for key in place.split("."):
        body = body[key]
    return body


def walk(world: World, caller: str, backend: str) -> tuple[list[Any], set[int]]:
    """Every job that a caller gets by paging on until an empty page, and the totals it is told."""
    spec = DIALECTS[caller].spec
    rows: list[Any] = []
    totals: set[int] = set()
    for page in range(100):
        window = None if spec.paging is None else Window(page * 60, 60)
        order = Order(spec.order.key) if spec.order else None
        call = ListJobs(scope_for(caller, Operation.LIST), window, order=order)
        answer = world.ask(caller, backend, call)
        assert answer.status == 200, answer
        got = at(answer.body, spec.answers.list.jobs)
        rows += got
        if spec.answers.list.total is not None:
            totals.add(at(answer.body, spec.answers.list.total))
        if window is None or not got:
            return rows, totals
    raise AssertionError("the list does not end")


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
def test_walking_all_pages_gives_every_job_once_and_the_right_total(world: World, caller: str, backend: str) -> None:
    rows, totals = walk(world, caller, backend)

    id_place = DIALECTS[caller].spec.job["id"].at
    shown = [at(row, id_place) for row in rows]
    assert len(shown) == COUNT
    assert sorted(shown) == [job.id for job in JOBS]
    assert totals in (set(), {COUNT})
    if DIALECTS[caller].spec.order is not None:
        assert shown == sorted(shown, reverse=True)


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
def test_a_job_is_shown_as_its_dialect_shows_it(world: World, caller: str, backend: str) -> None:
    job = JOBS[200]
    call = GetJob(scope_for(caller, Operation.GET), job.id)

    answer = world.ask(caller, backend, call)

    there = view(DIALECTS[backend].spec, job)
    told = there if caller == backend else view(DIALECTS[caller].spec, there)
    expected = DIALECTS[caller].write_reply(call, told, "documented")
    assert answer == (200, "application/json", json.loads(expected.body))


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
def test_a_job_of_every_status_is_cancelled_or_refused(world: World, caller: str, backend: str) -> None:
    place = PAIRS.index((caller, backend))
    for status in Status:
        job = [each for each in JOBS if each.status is status][place // len(NAMES)]
        call = CancelJob(scope_for(caller, Operation.CANCEL), job.id)

        answer = world.ask(caller, backend, call)

        ended = status in (Status.COMPLETED, Status.CANCELLED)
        assert (answer.status == 200) is not ended, (status, answer)
        again = world.ask(caller, backend, call)
        assert again.status != 200
        assert again.status == (answer.status if ended else again.status)


@pytest.mark.parametrize(("caller", "backend"), PAIRS)
def test_a_wrong_key_is_the_callers_fault_in_passthrough(world: World, caller: str, backend: str) -> None:
    call = GetJob(scope_for(caller, Operation.GET), JOBS[0].id)

    assert world.ask(caller, backend, call, key="wrong").status == 401


def test_a_dialect_given_by_file_is_the_one_in_the_documentation() -> None:
    assert compile_dialect(all_specs()["acme"]).name == "acme"
