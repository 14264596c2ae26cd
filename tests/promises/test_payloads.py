"""Group D: payloads. Limits both ways that are named when they are reached, and what a small request can set in motion.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from support.corpora import CORPORA, corpus, json_cases, naughty_strings, traversals
from support.ears import Ear, Mouth, said
from support.gateways import SCOPE
from support.memory import resident
from support.running import PATIENCE, PORTS, Process
from support.world import presented

DIALECTS = ("openreplay-v2", "openreplay-v1", "explorer")
GATE = 100
"""How many times as much as came in may go out, be kept or be worked."""
TARGETS = {
    "openreplay-v2": (f"/public/{SCOPE}/jobs", f"DELETE /public/{SCOPE}/jobs/7"),
    "openreplay-v1": (f"/api/v1/{SCOPE}/jobs", f"DELETE /api/v1/{SCOPE}/jobs/7"),
    "explorer": ("/api-open/v1/jobs", "PUT /api-open/v1/jobs/7/cancel"),
}
V2_JOB = {
    "jobId": 7, "description": "d", "status": "running", "createdAt": 1, "updatedAt": 1, "startAt": 1,
    "projectId": 1, "action": "a", "referenceId": "r", "errors": None,
}  # fmt: skip


def over(ear: Ear, limits: str = "", backend: str = "openreplay-v2") -> str:
    """All dialects over one backend that gets the caller's own secret."""
    routes = "".join(f"  - {{dialect: {each}, backend: only}}\n" for each in DIALECTS)
    return (
        f"{PORTS}backends:\n  only: {{dialect: {backend}, url: '{ear.url}', scope: {SCOPE}}}\nroutes:\n{routes}"
        f"limits: {{{limits}}}\n"
    )


def request_of(dialect: str, target: str, *lines: str, body: bytes = b"") -> bytes:
    name, value = presented(dialect, "kR7mW2xQ9vTn4LsZ8bYc")
    line = target if " " in target else f"GET {target}"
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"{line} HTTP/1.1", "Host: a", f"{name.decode()}: {value.decode()}", *length, *lines, "", ""]
    return "\r\n".join(head).encode("utf-8", "surrogateescape") + body


def page_of(count: int) -> Callable[[bytes], bytes]:
    """A backend that has so many jobs on each page."""
    body = json.dumps({"data": [V2_JOB | {"jobId": number} for number in range(1000, 1000 + count)]}).encode()
    return lambda _: said(body)


def ask_once(
    folder: Path, config: Callable[[Ear], str], say: Callable[[bytes], bytes], request: bytes
) -> tuple[bytes, Ear]:
    async def scenario() -> tuple[bytes, Ear]:
        async with Ear(say) as ear, Process(folder, config(ear)) as process:
            await process.ready()
            mouth = Mouth(process.port)
            answer = await mouth.ask(request)
            await mouth.close()
            assert await process.stop() == 0
            return answer, ear

    return asyncio.run(scenario())


LARGE = said(b'{"data": "' + b"x" * 3000 + b'"}')
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"400\r\n%b\r\n" % (b"x" * 1024) * 3
)
LIMITS = {
    "request_head": ("request_head: 1KiB", page_of(1), ["X-Long: " + "x" * 2000], b"", 400, "limits.request_head is 1024 bytes", 0),
    "request_body": ("request_body: 1KiB", page_of(1), [], b"x" * 2000, 413, "limits.request_body is 1024 bytes", 0),
    "response_body, announced": ("response_body: 1KiB", lambda _: LARGE, [], b"", 502, "larger than 1024 bytes (limits.response_body)", 1),
    "response_body, as it comes": ("response_body: 1KiB", lambda _: CHUNKED, [], b"", 502, "larger than 1024 bytes (limits.response_body)", 1),
    "rows": ("rows: 300", page_of(200), [], b"", 500, "(limits.rows)", 1),
    "calls": ("calls: 2", page_of(200), [], b"", 500, "(limits.calls)", 1),
}  # fmt: skip


@pytest.mark.parametrize("limit", LIMITS)
def test_d5_a_limit_that_is_reached_is_named_to_the_caller(tmp_path: Path, limit: str):
    limits, say, lines, body, status, named, fewest_calls = LIMITS[limit]
    request = request_of("openreplay-v1", TARGETS["openreplay-v1"][0], *lines, body=body)

    answer, ear = ask_once(tmp_path, lambda ear: over(ear, limits), say, request)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert named in answer.decode()
    assert ear.requests >= fewest_calls
    assert bool(ear.requests) == bool(fewest_calls)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("limit", ["request_head", "request_body", "response_body, announced"])
def test_d5_each_dialect_has_words_for_it(tmp_path: Path, dialect: str, limit: str):
    limits, say, lines, body, status, named, _ = LIMITS[limit]

    answer, _ = ask_once(
        tmp_path, lambda ear: over(ear, limits), say, request_of(dialect, TARGETS[dialect][0], *lines, body=body)
    )

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert named in answer.decode()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_d5_an_answer_to_a_cancel_that_is_too_large_leaves_its_outcome_unknown_and_names_the_limit(
    tmp_path: Path, dialect: str
):
    answer, ear = ask_once(
        tmp_path,
        lambda ear: over(ear, "response_body: 1KiB"),
        lambda _: LARGE,
        request_of(dialect, TARGETS[dialect][1]),
    )

    assert answer.startswith(b"HTTP/1.1 504 ")
    assert "(limits.response_body)" in answer.decode() and "is not known" in answer.decode()
    assert ear.requests == 1


def test_d5_one_connection_too_many_is_told_which_limit_it_is(tmp_path: Path):
    async def scenario() -> bytes:
        async with Ear(page_of(1)) as ear, Process(tmp_path, over(ear, "connections: 1")) as process:
            await process.ready()
            first, second = Mouth(process.port), Mouth(process.port)
            request = request_of("openreplay-v2", TARGETS["openreplay-v2"][0])
            assert (await first.ask(request)).startswith(b"HTTP/1.1 200 ")
            answer = await second.ask(request)
            await first.close()
            assert await process.stop() == 0
            return answer

    answer = asyncio.run(scenario())
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"limits.connections is 1" in answer


# D6: what a request can set in motion.


def own_cases() -> Iterator[bytes]:
    """What is hostile in ways of our own: as much work as can be asked for in few bytes."""
    for dialect in DIALECTS:
        target, cancel = TARGETS[dialect]
        yield from (
            request_of(dialect, f"{target}{path}")
            for path in ("/", "//", "/" + "9" * 400, "/%00", "/" + "%41" * 200, "/../..")
        )
        queries = [
            "&" * 4000,
            "a=1&" * 1000,
            "limit=" + "9" * 4000,
            "page=99999999999999999999",
            "page=4611686018427387904&limit=200",
            "pageSize=20000&page=9223372036854775807",
            "%" * 3000,
        ]
        queries += [
            f"filter={quote(text)}"
            for text in (
                "[" * 3000,
                "{" * 3000,
                '{"a":' * 900 + "1" + "}" * 900,
                "1e999999999",
                '{"name":"' + "\\u0000" * 500 + '"}',
                "9" * 5000,
            )
        ]
        yield from (request_of(dialect, f"{target}?{query}") for query in queries)
        yield request_of(dialect, target, *[f"X-{number}: a" for number in range(90)])
        yield request_of(dialect, target, *[f"X-{number}: a" for number in range(2000)])
        yield request_of(dialect, target, "X: " + "a" * 15_000)
        yield request_of(dialect, target, "Cookie: " + "a=b; " * 3000)
        yield request_of(dialect, target, "Cookie: " + "explorer_token=b; " * 800)
        yield request_of(dialect, cancel, body=b"[" * 60_000)
        yield request_of(dialect, cancel, "Transfer-Encoding: chunked") + b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n"
        yield request_of(dialect, cancel, "Content-Length: 99999999999", "Expect: 100-continue")


def corpora_cases() -> Iterator[bytes]:
    """What others collected, in each place where a caller can put it."""
    for dialect in DIALECTS:
        target = TARGETS[dialect][0]
        for text in (*traversals(), *naughty_strings()):
            raw = text.encode("utf-8", "surrogatepass")
            yield request_of(dialect, f"{target}/{quote(raw)}")
            yield request_of(dialect, f"{target}?filter={quote(raw)}&page={quote(raw)}&limit={quote(raw)}")
            if raw.isascii() and raw.decode().isprintable():
                yield request_of(dialect, target, f"X-Other: {raw.decode()}")
    names = corpus("header-names.txt").split()
    for start in range(0, len(names), 50):
        yield request_of(
            "openreplay-v2", TARGETS["openreplay-v2"][0], *[f"{name}: {name}" for name in names[start : start + 50]]
        )
    for _, _, data in json_cases():
        if len(data) < 4000:
            yield request_of("explorer", f"{TARGETS['explorer'][0]}?filter={quote(data)}")
        yield request_of("explorer", TARGETS["explorer"][1], body=data[:60_000] or b" ")


def raw_cases() -> list[bytes]:
    """Requests that are none, or two, as gunicorn's authors collected them."""
    index = corpus("gunicorn-requests/index.jsonl")
    folder = CORPORA / "gunicorn-requests"
    assert index
    return [path.read_bytes() for path in sorted(folder.glob("*/*.raw"))]


async def ratios(folder: Path, cases: list[bytes], *, quiet: float = PATIENCE) -> list[tuple[float, int, int, bytes]]:
    """For each case, the largest first: bytes that went out per byte that came in; to the backend, to the caller; the case."""
    found = []
    async with Ear(page_of(30)) as ear, Process(folder, over(ear), "--no-access-log") as process:
        await process.ready()
        mouth = Mouth(process.port)
        for case in cases:
            before = ear.heard
            back = len(await mouth.ask(case, quiet=quiet))
            found.append(((back + ear.heard - before) / len(case), ear.heard - before, back, case))
            if quiet < PATIENCE:
                await mouth.close()  # a case may be two requests
        await mouth.close()
        assert await process.stop() == 0
    return sorted(found, reverse=True)


def check_within_gate(found: list[tuple[float, int, int, bytes]], note: Callable[[str, object], None]) -> None:
    largest, to_backend, to_caller, case = found[0]
    note("amplification", f"{largest:.1f}: {to_backend} bytes to the backend and {to_caller} back for {case[:80]!r}")
    assert [(ratio, case[:200]) for ratio, _, _, case in found if ratio >= GATE] == []
    assert largest > 1


def test_d6_no_case_of_ours_sends_a_hundred_times_its_bytes(tmp_path: Path, record_property):
    found = asyncio.run(ratios(tmp_path, list(own_cases())))

    check_within_gate(found, record_property)


def test_d6_nor_does_any_of_the_corpora(tmp_path: Path, record_property):
    found = asyncio.run(ratios(tmp_path, list(corpora_cases())))

    check_within_gate(found, record_property)


def test_d6_nor_do_requests_that_are_none(tmp_path: Path, record_property):
    found = asyncio.run(ratios(tmp_path, raw_cases(), quiet=0.1))

    check_within_gate(found, record_property)


# Memory and CPU, as the system counts them.

TICK = os.sysconf("SC_CLK_TCK")
CONSTANT = 8 * 1024 * 1024
"""Bytes that a process may grow by whatever it is asked."""
MANY = 50
"""Requests of a kind: the system counts CPU time in hundredths of a second."""


def spent(pid: int) -> float:
    """Seconds of CPU time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


async def costs(folder: Path, cases: list[bytes]) -> tuple[float, list[tuple[float, bytes]], float]:
    """CPU of a usual request; for each case how many times as much; bytes of memory per byte of the largest case."""
    usual = request_of("openreplay-v2", f"/public/{SCOPE}/jobs?limit=30")
    async with Ear(page_of(30)) as ear, Process(folder, over(ear), "--no-access-log") as process:
        await process.ready()
        mouth, pid = Mouth(process.port), process.pid

        async def cpu(request: bytes) -> float:
            before = spent(pid)
            for _ in range(MANY):
                await mouth.ask(request)
            return max(spent(pid) - before, 1 / TICK) / MANY

        await cpu(usual)
        base = await cpu(usual)
        before = resident(pid)
        found = sorted(((await cpu(case) / base, case) for case in [usual]), reverse=True) if not cases else []
        for case in cases:
            found.append((await cpu(case) / base, case))
        grown = max(0, resident(pid, "VmHWM") - before - CONSTANT)
        await mouth.close()
        assert await process.stop() == 0
    return base, sorted(found, reverse=True), grown / max(map(len, cases))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not tell in /proc")
def test_d6_no_case_costs_a_hundred_times_the_memory_or_the_time(tmp_path: Path, record_property):
    base, found, memory = asyncio.run(costs(tmp_path, list(own_cases())))

    record_property("usual", f"{base * 1e6:.0f} us")
    record_property("cpu", f"{found[0][0]:.1f} times for {found[0][1][:80]!r}")
    record_property("memory", f"{memory:.1f} times beyond {CONSTANT} bytes")
    assert [(times, case[:200]) for times, case in found if times >= GATE] == []
    assert memory < GATE
