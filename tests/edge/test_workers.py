"""Several workers behind one address: they share the callers, and are supervised, reloaded and drained as one."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.edges import V2_LIST
from support.kept import Caller
from support.running import DEMO, PATIENCE, SEVERAL, HeldBackend, Process, client, over

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the tests find processes in /proc"),
]

TWO = SEVERAL[2]
MOVED = "/moved"


def two_over(backend):
    return over(backend) + "workers: 2\n"


async def counted(process):
    """Every sample of the admin port: its name without the prefix, its labels' values, its value."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as admin:
        text = (await admin.get(f"{process.admin}/metrics")).text
    return {
        (sample.name.removeprefix("jobgateway_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def total(process):
    return sum(value for (name, *_), value in (await counted(process)).items() if name == "requests_total")


async def by_worker(process, name):
    samples = await counted(process)
    return [samples[f"worker_{name}", worker] for worker in ("0", "1")]


@contextlib.asynccontextmanager
async def callers(process, count):
    """So many connections, one after the other."""
    made = [await Caller().connect(process) for _ in range(count)]
    try:
        yield made
    finally:
        for each in made:
            await each.leave()


def runs(pid):
    """Whether a process is there and not a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def all_end(pids):
    for _ in range(500):
        if not any(map(runs, pids)):
            return True
        await asyncio.sleep(0.02)
    return False


async def replaced(process, pid):
    """End a worker by force, and wait until another is ready in its place; gives what was told of the end."""
    os.kill(pid, signal.SIGKILL)
    ended = await process.event("worker_ended")
    assert (ended["pid"], ended["signal"]) == (pid, "SIGKILL")
    ready = await process.event("worker_ready")
    assert ready["worker"] == ended["worker"]
    return ended


async def test_both_workers_get_their_share_of_connections_and_are_told_as_one(tmp_path):
    async with Process(tmp_path, TWO) as process:
        await process.ready()
        async with callers(process, 32) as everyone:
            assert [await each.ask() for each in everyone] == [200] * 32

            shares = await by_worker(process, "requests_total")
            samples = await counted(process)

        assert sum(shares) == 32
        assert min(shares) >= 8
        assert samples["request_duration_seconds_count", "openreplay-v2", "list"] == 32
        assert samples["inflight_requests",] == 0
        assert samples["process_resident_memory_bytes",] > 3 * 1024 * 1024
        assert [samples["worker_ready", worker] for worker in ("0", "1")] == [1, 1]
        async with httpx.AsyncClient(base_url=process.admin, trust_env=False) as admin:
            assert (await admin.get("/livez")).text == "ok\n"
            assert (await admin.get("/readyz?verbose")).text == "ok config\nok not-draining\nok workers\nok\n"
        assert await process.stop() == 0
    assert len(process.stdout.splitlines()) == 32


async def test_a_killed_worker_is_replaced_while_the_other_serves_on(tmp_path):
    async with Process(tmp_path, TWO, "--no-access-log") as process:
        await process.ready()
        warm, ended, answered, broken = asyncio.Barrier(9), asyncio.Event(), [0] * 8, [0] * 8

        async def keep_asking(number):
            caller = await Caller().connect(process)
            left = 40
            while left:
                try:
                    assert await caller.ask() == 200
                    answered[number] += 1
                    if answered[number] == 20:
                        await warm.wait()
                except (ConnectionError, asyncio.IncompleteReadError):
                    broken[number] += 1
                    await caller.leave()
                    caller = await Caller().connect(process)
                left -= ended.is_set()
            await caller.leave()

        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(keep_asking(number))
            await warm.wait()
            told = await replaced(process, process.workers()[0])
            ended.set()

        assert told["next_in_s"] <= 1
        assert max(broken) <= 1
        assert 0 < sum(broken) < 8
        assert sum(answered) <= await total(process) <= sum(answered) + sum(broken)
        assert sorted(await by_worker(process, "starts_total")) == [1, 2]
        assert await process.stop() == 0


async def test_what_a_killed_worker_has_counted_stays_counted(tmp_path):
    async with Process(tmp_path, TWO) as process:
        await process.ready()
        async with callers(process, 8) as everyone:
            assert [await each.ask() for each in everyone] == [200] * 8
        before = await counted(process)

        for pid in process.workers():
            await replaced(process, pid)
        after = await counted(process)

        assert await total(process) == 8
        counters = [key for key in before if key[0].endswith(("_total", "_count", "_bucket", "_sum"))]
        assert len(counters) > 20
        assert [key for key in counters if after[key] < before[key]] == []
        async with client(process) as caller:
            assert (await caller.get(V2_LIST)).status_code == 200
        assert await total(process) == 9
        assert await process.stop() == 0


async def test_a_worker_that_dies_again_and_again_is_started_less_and_less_often(tmp_path):
    async with Process(tmp_path, TWO) as process:
        await process.ready()
        victim = process.workers()[0]
        pauses = []
        for _ in range(3):
            survivor = next(pid for pid in process.workers() if pid != victim)
            pauses.append((await replaced(process, victim))["next_in_s"])
            victim = next(pid for pid in process.workers() if pid != survivor)

        assert pauses == [0.25, 0.5, 1.0]
        assert await process.stop() == 0


async def test_a_reload_is_seen_on_the_kept_connections_of_all_workers_and_by_those_who_come_later(tmp_path):
    moved = TWO.replace("backend: store}", f"backend: store, prefix: {MOVED}}}")
    async with Process(tmp_path, TWO) as process:
        await process.ready()
        async with callers(process, 16) as everyone:
            assert [await each.ask() for each in everyone] == [200] * 16
            assert min(await by_worker(process, "requests_total")) > 0
            process.path.write_text(moved)

            process.tell(signal.SIGHUP)
            assert (await process.event("reload"))["outcome"] == "done"

            assert [await each.ask(MOVED + V2_LIST) for each in everyone] == [200] * 16
            assert [await each.ask() for each in everyone] == [404] * 16
        for pid in process.workers():
            await replaced(process, pid)
        async with callers(process, 4) as everyone:
            assert [await each.ask(MOVED + V2_LIST) for each in everyone] == [200] * 4
        assert await process.stop() == 0


async def test_a_refused_reload_changes_no_worker(tmp_path):
    async with Process(tmp_path, TWO) as process:
        await process.ready()
        async with callers(process, 8) as everyone:
            process.path.write_text(TWO.replace("openreplay-v2, url", "openreplayv2, url"))

            process.tell(signal.SIGHUP)
            refused = await process.event("reload")

            assert refused["outcome"] == "refused"
            assert any("did you mean 'openreplay-v2'?" in finding for finding in refused["findings"])
            assert [await each.ask() for each in everyone] == [200] * 8
            assert (await counted(process))["config_last_reload_successful",] == 0
        assert await process.stop() == 0


async def test_a_drain_waits_for_what_any_worker_has_under_way_and_leaves_no_process(tmp_path):
    async with HeldBackend(b'{"data": []}') as backend, Process(tmp_path, two_over(backend)) as process:
        await process.ready()
        workers = process.workers()
        async with client(process) as caller, httpx.AsyncClient(base_url=process.admin, trust_env=False) as admin:
            asking = asyncio.create_task(caller.get(V2_LIST))
            await backend.reached.acquire()

            process.tell(signal.SIGTERM)
            assert (await process.event("drain"))["workers"] == 2
            assert (await admin.get("/readyz")).status_code == 503
            assert (await admin.get("/livez")).status_code == 200
            backend.go.set()
            answer = await asking

        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert await process.end() == 0
        assert await all_end(workers)
    assert '"event":"stopped","unanswered":0' in process.said[-1]


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_all_processes_at_once(tmp_path, first):
    async with HeldBackend(b"{}") as backend, Process(tmp_path, two_over(backend)) as process:
        await process.ready()
        workers = process.workers()
        async with client(process) as caller:
            asking = asyncio.create_task(caller.get(V2_LIST))
            await backend.reached.acquire()
            process.tell(first)
            await process.event("drain")

            process.tell(signal.SIGTERM)

            assert await process.end() == 128 + signal.SIGTERM
            assert await all_end(workers)
            with pytest.raises(httpx.TransportError):
                await asking


async def test_workers_whose_supervisor_was_killed_answer_what_is_under_way_and_end(tmp_path):
    async with HeldBackend(b'{"data": []}') as backend, Process(tmp_path, two_over(backend)) as process:
        await process.ready()
        workers = process.workers()
        async with client(process) as caller:
            asking = asyncio.create_task(caller.get(V2_LIST))
            await backend.reached.acquire()

            process.tell(signal.SIGKILL)
            assert (await process.event("drain"))["worker"] in {0, 1}
            backend.go.set()

            assert (await asking).status_code == 200
        assert await all_end(workers)
        assert await process.end() == -signal.SIGKILL


async def test_a_worker_that_is_told_to_stop_drains_and_is_replaced_and_the_terminals_signals_are_not_its_own(tmp_path):
    async with Process(tmp_path, TWO) as process:
        await process.ready()
        worker = process.workers()[0]
        os.kill(worker, signal.SIGINT)
        os.kill(worker, signal.SIGHUP)
        os.kill(worker, signal.SIGTERM)

        ended = await process.event("worker_ended")
        assert (ended["pid"], ended["exit"], ended["level"]) == (worker, 0, "info")
        await process.event("worker_ready")
        async with callers(process, 4) as everyone:
            assert [await each.ask() for each in everyone] == [200] * 4
        assert await process.stop() == 0


async def test_new_callers_are_served_while_a_worker_hangs(tmp_path):
    async with Process(tmp_path, TWO) as process:
        await process.ready()
        hanging = process.workers()[0]
        os.kill(hanging, signal.SIGSTOP)
        async with callers(process, 12) as everyone:
            assert [await each.ask() for each in everyone] == [200] * 12
        assert await total(process) == 12

        await replaced(process, hanging)

        assert await process.stop() == 0


async def test_the_limit_of_connections_is_shared_evenly(tmp_path):
    async with Process(tmp_path, TWO + "limits: {connections: 8}\n") as process:
        await process.ready()
        async with callers(process, 8) as everyone:
            assert [await each.ask() for each in everyone] == [200] * 8
            assert await by_worker(process, "requests_total") == [4, 4]

            one_too_many = await Caller().connect(process)
            assert await one_too_many.ask() == 503
            await one_too_many.leave()
        assert await process.stop() == 0


FAILING = """
import sys
from jobgateway.edge import supervisor, worker
from jobgateway.edge.server import serve

fork, failures = supervisor.fork, [1, 1]

def fail_first(kept):
    if failures:
        failures.pop()
        raise OSError(11, "hush")
    return fork(kept)

class Failing(worker.Worker):
    async def run(self, signals):
        if self._index == 1:
            raise RuntimeError("hush")
        await super().run(signals)

if sys.argv[1] == "fork":
    supervisor.fork = fail_first
else:
    worker.Worker = Failing
sys.exit(serve(sys.argv[2], access_log=False))
"""


def failing(folder, what):
    return Process(folder, TWO, program=(sys.executable, "-c", FAILING, what, str(folder / "gateway.yaml")))


async def test_workers_that_the_system_cannot_start_are_started_later(tmp_path):
    async with failing(tmp_path, "fork") as process:
        failures = [await process.event("worker_not_started") for _ in range(2)]
        await process.ready()

        assert [failure["worker"] for failure in failures] == [0, 1]
        assert all(failure["problem"] == os.strerror(11) for failure in failures)
        async with callers(process, 4) as everyone:
            assert [await each.ask() for each in everyone] == [200] * 4
        assert await process.stop() == 0


async def test_a_worker_that_fails_says_where_and_keeps_nobody_from_draining(tmp_path):
    async with failing(tmp_path, "run") as process:
        failed = await process.event("worker_failed")
        ended = await process.event("worker_ended")

        assert (failed["worker"], [error["type"] for error in failed["errors"]]) == (1, ["RuntimeError"])
        assert (ended["worker"], ended["exit"]) == (1, 70)
        assert await process.stop() == 0
    assert "hush" not in "".join(process.said)
    assert "Traceback" not in "".join(process.said)


async def test_without_an_admin_port_workers_serve_all_the_same(tmp_path):
    config = TWO.replace("admin: {host: 127.0.0.1, port: 0}\n", "")
    async with Process(tmp_path, config) as process:
        await process.ready()
        async with client(process) as caller:
            assert (await caller.get(V2_LIST)).status_code == 200
        assert await process.stop() == 0
    assert DEMO not in config
