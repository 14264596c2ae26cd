"""Callers on raw sockets, with secrets of all kinds, before a gateway with backends of all kinds; all bytes are kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from support import loud
from support.canaries import canary
from support.parties import Party, Trap
from support.running import PATIENCE, PORTS, Process
from support.world import presented

DIALECTS = ("openreplay-v2", "openreplay-v1", "explorer")
PROJECT = "3sWXSsqHgSKnE87YkNJK"
BACKENDS = {
    "own-two": "openreplay-v2",
    "own-one": "openreplay-v1",
    "own-flow": "explorer",
    "far-two": "openreplay-v2",
    "pass-two": "openreplay-v2",
    "pass-flow": "explorer",
}
"""``own``: asked with a credential of the gateway's; ``far``: that too, over the other transport; ``pass``: not."""
LENT = [name for name in BACKENDS if not name.startswith("pass")]
WHO = {"alice": "alice", "bob": "bob", "next": "bob"}
"""Keys of known callers, and whose they are."""
NAMES = (*LENT, *WHO, "hers", "stranger", "astray")
TARGETS = {
    "openreplay-v2": [("GET", f"/public/{PROJECT}/jobs"), ("GET", f"/public/{PROJECT}/jobs/7"), ("DELETE", f"/public/{PROJECT}/jobs/8")],
    "openreplay-v1": [("GET", f"/api/v1/{PROJECT}/jobs"), ("GET", f"/api/v1/{PROJECT}/jobs/7"), ("DELETE", f"/api/v1/{PROJECT}/jobs/8")],
    "explorer": [("GET", "/api-open/v1/jobs"), ("GET", "/api-open/v1/jobs/7"), ("PUT", "/api-open/v1/jobs/8/cancel")],
}  # fmt: skip
ASTRAY = (
    "X-Api-Key: @",
    "Proxy-Authorization: Basic @",
    "X-Forwarded-For: @",
    "Referer: https://a/?key=@",
    "Connection: @",
)


def allowed_at(backend: str) -> set[str]:
    """The secrets that a backend may hear."""
    if backend.startswith("pass"):
        return set(WHO)
    return {backend, "hers"} if backend == "own-two" else {backend}


def configuration(parties: dict[str, Party], workers: int) -> str:
    """Every dialect before every backend, each backend behind a prefix of its own."""
    backends, routes = [], []
    for name, party in parties.items():
        credential = "" if name.startswith("pass") else f", credential: '${{env:{variable(name)}}}'"
        transport = ", transport: httpx" if name.startswith("far") else ""
        backends.append(
            f"  {name}: {{dialect: {BACKENDS[name]}, url: '{party.url}', timeout: 400ms, scope: {PROJECT}{credential}{transport}}}"
        )
        routes += [f"  - {{dialect: {each}, backend: {name}, prefix: /{name}}}" for each in DIALECTS]
    callers = (
        "callers:\n  alice: {key: '${env:ALICE}', credentials: {own-two: '${env:HERS}'}}\n"
        "  bob: {key: ['${env:BOB}', '${env:NEXT}']}\n"
    )
    lines = ["backends:", *backends, "routes:", *routes]
    return PORTS + f"workers: {workers}\n" + callers + "\n".join(lines) + "\n"


def variable(name: str) -> str:
    return name.upper().replace("-", "_")


@dataclass
class Evidence:
    """What everybody saw."""

    secrets: dict[str, str]
    heard: dict[str, bytes] = field(default_factory=dict)
    failures: set[str] = field(default_factory=set)
    answers: bytearray = field(default_factory=bytearray)
    statuses: dict[int, int] = field(default_factory=dict)
    ids: list[tuple[str, str]] = field(default_factory=list)
    """The id that a request carried, and that of its answer."""
    log: str = ""
    told: str = ""
    exposed: str = ""
    visitors: int = 0
    requests: int = 0


class Crowd:
    """Asks at random, with the right secrets and with wrong ones, well and badly."""

    def __init__(self, port: int, evidence: Evidence, seed: int) -> None:
        self._port = port
        self._evidence = evidence
        self._dice = random.Random(seed)
        self._seed = seed

    async def ask(self, times: int) -> None:
        connection = None
        for number in range(times):
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", self._port)
            if not await self._exchange(*connection, f"{self._seed}.{number}"):
                connection[1].close()
                connection = None
        if connection is not None:
            connection[1].close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: str) -> bool:
        """Whether the connection goes on."""
        name = self._dice.choice([*WHO, *WHO, "stranger"])
        request_id = f"{name}.{number}"
        writer.write(self._request(name, request_id))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        fields = dict(line.lower().partition(b": ")[::2] for line in head[:-4].split(b"\r\n")[1:])
        body = await reader.readexactly(int(fields.get(b"content-length", 0)))
        evidence = self._evidence
        evidence.answers += head + body
        status = int(head.split()[1])
        evidence.statuses[status] = evidence.statuses.get(status, 0) + 1
        evidence.ids.append((request_id, fields[b"x-request-id"].decode()))
        evidence.requests += 1
        return fields.get(b"connection") != b"close"

    def _request(self, name: str, request_id: str) -> bytes:
        dice, secrets = self._dice, self._evidence.secrets
        dialect, backend = dice.choice(DIALECTS), dice.choice(list(BACKENDS))
        method, target = dice.choice(TARGETS[dialect])
        header, value = presented(dialect, secrets[name])
        lines = [f"{header.decode()}: {value.decode()}", "Host: gateway.example", f"X-Request-Id: {request_id}"]
        match dice.randrange(12):
            case 0:
                lines.append(dice.choice(ASTRAY).replace("@", secrets["astray"]))
            case 1:
                target += f"?key={secrets['astray']}&limit={secrets['astray']}"
            case 2:
                target += f"/{secrets['astray']}"
            case 3:
                lines.append(f"{header.decode()}: {secrets['astray']}")  # a second one
            case 4:
                lines[1] = f"Host: {secrets['astray']}"
            case 5:
                backend = "nowhere"
            case 6:
                lines[0] += '"\t,'  # no carrier's grammar has it
        return "\r\n".join([f"{method} /{backend}{target} HTTP/1.1", *lines, "", ""]).encode()


async def mixed(folder: Path, times: int, *, workers: int = 1, breaks: int = 7, reloads: int = 3) -> Evidence:
    """So many requests by several callers at once, over reloads and failures."""
    evidence = Evidence({name: canary(name) for name in NAMES})
    async with contextlib.AsyncExitStack() as stack:
        trap = await stack.enter_async_context(Trap())
        parties = {
            name: await stack.enter_async_context(Party(dialect, seed=index))
            for index, (name, dialect) in enumerate(BACKENDS.items())
        }
        with environment(evidence.secrets, trap, breaks):
            program = (sys.executable, loud.__file__, "run", "-c", str(folder / "gateway.yaml"))
            process = await stack.enter_async_context(Process(folder, configuration(parties, workers), program=program))
        await process.ready()
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(Crowd(process.port, evidence, seed).ask(times // 8)) for seed in range(8)]
            for _ in range(reloads):
                process.tell(signal.SIGHUP)
                assert (await process.event("reload"))["outcome"] == "done"
            listening = group.create_task(process.listen())  # who is not listened to cannot go on talking
            await asyncio.wait(asking)
            listening.cancel()
        async with httpx.AsyncClient(base_url=process.admin, trust_env=False) as admin:
            for path in ("/metrics", "/readyz?verbose", "/livez", "/nothing"):
                evidence.exposed += (await admin.get(path)).text
        assert await process.stop() == 0
    evidence.log, evidence.told = process.stdout, "".join(process.said)
    evidence.heard = {name: bytes(party.heard) for name, party in parties.items()}
    evidence.failures = set().union(*(party.failed for party in parties.values()))
    evidence.visitors = trap.visitors
    return evidence


@contextlib.contextmanager
def environment(secrets: dict[str, str], trap: Trap, breaks: int):
    """What the gateway inherits: its secrets, proxies that it must not use, and the wish to be told everything."""
    given = {variable(name): secret for name, secret in secrets.items()}
    given |= {name: trap.url for each in ("http_proxy", "https_proxy", "all_proxy") for name in (each, each.upper())}
    given |= {"PYTHONASYNCIODEBUG": "1", "PYTHONDEVMODE": "1", "LOG_LEVEL": "DEBUG", "BREAKS": str(breaks)}
    given |= {"PYTHONPATH": str(Path(loud.__file__).parents[1])}
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def logged(evidence: Evidence) -> list[dict]:
    """The lines of the access log."""
    return [json.loads(line) for line in evidence.log.splitlines()]
