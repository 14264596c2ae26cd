"""SIGHUP puts the file's new content in use, or changes nothing."""

import asyncio
import signal

import httpx
import pytest

from support.edges import V2_LIST
from support.running import BAD, DEMO, SEVERAL, Process, client

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("workers", SEVERAL)
async def test_reloads_good_and_bad_lose_no_request_of_keep_alive_callers(tmp_path, workers):
    config = SEVERAL[workers]
    async with Process(tmp_path, config, "--no-access-log") as process:
        await process.ready()
        stop, counts = asyncio.Event(), []

        async def keep_asking():
            async with client(process) as caller:
                answered = 0
                while not stop.is_set():
                    answer = await caller.get(V2_LIST)
                    assert answer.status_code == 200
                    answered += 1
                counts.append(answered)

        async with asyncio.TaskGroup() as callers, httpx.AsyncClient(base_url=process.admin) as admin:
            for _ in range(4):
                callers.create_task(keep_asking())
            for good in (True, False, True, False, False, True):
                process.path.write_text(config + "# again\n" if good else BAD)
                process.tell(signal.SIGHUP)
                event = await process.event("reload")
                metrics = (await admin.get("/metrics")).text
                assert event["outcome"] == ("done" if good else "refused")
                assert f"jobgateway_config_last_reload_successful {float(good)}" in metrics
                assert (await admin.get("/readyz")).status_code == 200
            stop.set()

        assert min(counts) > 0
        assert await process.stop() == 0


async def test_a_refused_reload_names_every_finding_and_keeps_what_was(tmp_path):
    async with Process(tmp_path, DEMO) as process:
        await process.ready()
        process.path.write_text(BAD)

        process.tell(signal.SIGHUP)
        event = await process.event("reload")

        assert event["level"] == "error"
        assert len(event["findings"]) == 2
        assert all(finding.startswith(str(process.path)) for finding in event["findings"])
        async with client(process) as caller:
            assert (await caller.get(V2_LIST)).status_code == 200


async def test_a_reload_changes_routes_at_once_and_says_what_needs_a_restart(tmp_path):
    async with Process(tmp_path, DEMO) as process:
        await process.ready()
        moved = DEMO.replace("backend: store}", "backend: store, prefix: /moved}").replace("port: 0", "port: 1", 1)
        process.path.write_text(moved + "limits: {connections: 5}\n")

        process.tell(signal.SIGHUP)
        event = await process.event("reload")

        assert event["needs_restart"] == ["listen", "limits.connections"]
        async with client(process) as caller:
            assert (await caller.get("/moved" + V2_LIST)).status_code == 200
            assert (await caller.get(V2_LIST)).status_code == 404
