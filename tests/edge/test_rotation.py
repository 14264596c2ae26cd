"""A caller's key is replaced by another while the caller asks, without a refused request in between."""

import asyncio
import hashlib
import signal

import pytest

from support.edges import V2_LIST
from support.running import DEMO, Process, client

pytestmark = pytest.mark.anyio

OLD, NEW = "old-Jx7pQ2vR9sLw4TzB", "new-Ms3cYh8nKf6WdGqA"


def known_by(*keys, workers):
    digests = ", ".join(hashlib.sha256(key.encode()).hexdigest() for key in keys)
    return DEMO + f"workers: {workers}\ncallers:\n  billing: {{key_sha256: [{digests}]}}\n"


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_key_is_replaced_without_a_gap(tmp_path, workers):
    async with Process(tmp_path, known_by(OLD, workers=workers)) as process:
        await process.ready()
        key, ended = OLD, asyncio.Event()
        answered = {each: asyncio.Semaphore(0) for each in (OLD, NEW)}

        async def keep_asking():
            async with client(process) as caller:
                while not ended.is_set():
                    presented = key
                    answer = await caller.get(V2_LIST, headers={"authorization": f"Bearer {presented}"})
                    assert answer.status_code == 200
                    answered[presented].release()

        async def reload(*keys):
            process.path.write_text(known_by(*keys, workers=workers))
            process.tell(signal.SIGHUP)
            assert (await process.event("reload"))["outcome"] == "done"

        async def more_answers():
            for _ in range(20):
                await answered[key].acquire()

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(keep_asking())
            await more_answers()
            await reload(OLD, NEW)
            await more_answers()
            key = NEW
            await more_answers()
            ended.set()
        await reload(NEW)

        async with client(process) as caller:
            answers = [await caller.get(V2_LIST, headers={"authorization": f"Bearer {each}"}) for each in (OLD, NEW)]
        assert [answer.status_code for answer in answers] == [401, 200]
        assert await process.stop() == 0
