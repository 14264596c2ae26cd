"""Open files: as many as connections may need are asked for, and where there are fewer, people are told."""

from __future__ import annotations

import contextlib
import re
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from jobgateway.config.findings import ConfigError
from jobgateway.config.model import Backend, Config, Limits
from jobgateway.edge.descriptors import RESERVE, fitted, needed, provide
from support.edges import config_of
from support.running import DEMO, Process, few_files

ELSEWHERE = Backend(name="far", dialect="openreplay-v2", url="http://far.example")
WITH_LOGINS = Backend(name="flow", dialect="explorer", url="http://flow.example")


def config(connections: int = 100, *backends: Backend, workers: int = 1) -> Config:
    made = config_of(limits=Limits(connections=connections), workers=workers)
    return replace(made, backends=made.backends | {each.name: each for each in backends})


@pytest.mark.parametrize(
    ("settings", "files"),
    [
        (config(100), 2 * 100 + RESERVE),
        (config(100, ELSEWHERE), 3 * 100 + RESERVE),
        (config(100, ELSEWHERE, WITH_LOGINS), 4 * 100 + 16 + RESERVE),
        (config(100, ELSEWHERE, workers=4), 3 * 25 + RESERVE),
    ],
    ids=["callers, and those who are turned away", "one backend", "one with logins", "workers have their own"],
)
def test_each_connection_is_an_open_file(settings: Config, files: int) -> None:
    assert needed(settings) == files


@contextlib.contextmanager
def allowed(soft: int, hard: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """A system that allows so many; what it was asked to."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    yield asked


@pytest.mark.parametrize(
    ("soft", "hard", "asked"),
    [
        (100, 5000, [(264, 5000)]),
        (100, resource.RLIM_INFINITY, [(264, resource.RLIM_INFINITY)]),
        (264, 264, []),
        (1024, 5000, []),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, []),
    ],
)
def test_no_more_is_asked_for_than_is_needed(
    soft: int, hard: int, asked: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with allowed(soft, hard, monkeypatch) as told:
        assert fitted(config(100)) == config(100)
    assert told == asked


def test_where_there_are_fewer_fewer_connections_are_served_and_a_warning_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with allowed(100, 214, monkeypatch) as told:
        served = fitted(config(100, ELSEWHERE))
        each = fitted(config(400, ELSEWHERE, workers=2))

    assert told == [(214, 214)] * 2
    assert served.limits == Limits(connections=50)
    (warning,) = served.warnings
    assert str(warning) == (
        "gateway.yaml: warning: limits.connections: 100 connections need 364 open files, and the system allows 214 "
        "(ulimit -Hn): 50 connections are served"
    )
    assert each.connections_each == 50
    assert "200 connections in each worker need 664 open files" in str(each.warnings[0])


def test_where_not_one_fits_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with allowed(40, 66, monkeypatch), pytest.raises(ConfigError, match=r"allows 66 .* none is left for callers"):
        fitted(config(100, ELSEWHERE))


def test_a_system_that_allows_fewer_than_it_says_is_believed_in_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError

    with allowed(200, 5000, monkeypatch):
        monkeypatch.setattr(resource, "setrlimit", refuse)
        assert provide(config(100)) == 200


def limits_of(pid: int) -> tuple[int, int]:
    found = re.search(r"Max open files\s+(\d+)\s+(\d+)", Path(f"/proc/{pid}/limits").read_text())
    assert found is not None
    return int(found[1]), int(found[2])


in_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads limits in /proc")


@in_proc
@pytest.mark.anyio
@pytest.mark.parametrize("workers", [1, 2])
async def test_a_reload_that_needs_more_gets_more(tmp_path: Path, workers: int) -> None:
    text = DEMO + f"limits: {{connections: 100}}\nworkers: {workers}\n"
    async with Process(tmp_path, text, program=few_files(tmp_path, 80, 5000)) as process:
        await process.ready()
        serving = [process.pid] if workers == 1 else process.workers()
        each = 100 // workers
        assert {limits_of(pid) for pid in serving} == {(2 * each + RESERVE, 5000)}

        process.path.write_text(
            text.replace("backends:", "backends:\n  far: {dialect: openreplay-v2, url: 'http://far'}")
        )
        process.tell(signal.SIGHUP)
        assert (await process.event("reload"))["needs_restart"] == []

        assert {limits_of(pid) for pid in serving} == {(3 * each + RESERVE, 5000)}
        assert await process.stop() == 0


@in_proc
@pytest.mark.anyio
async def test_a_process_that_may_open_too_few_is_told_at_the_start_and_by_each_reload(tmp_path: Path) -> None:
    async with Process(tmp_path, DEMO, program=few_files(tmp_path, 80, 164)) as process:
        await process.ready()
        told = [line.rstrip("\n") for line in process.said if "limits.connections" in line]
        process.tell(signal.SIGHUP)
        reload = await process.event("reload")
        assert await process.stop() == 0

    assert reload["warnings"] == told
    (warning,) = told
    assert warning == (
        f"{process.path}: warning: limits.connections: 1024 connections need 2112 open files, and the system allows 164 "
        "(ulimit -Hn): 50 connections are served"
    )
    assert reload["needs_restart"] == []


@pytest.mark.anyio
async def test_one_that_may_open_next_to_none_ends_with_78(tmp_path: Path) -> None:
    async with Process(tmp_path, DEMO, program=few_files(tmp_path, 50, 50)) as process:
        assert await process.end() == 78
    assert len(process.said) == 1
    assert "none is left for callers" in process.said[0]
