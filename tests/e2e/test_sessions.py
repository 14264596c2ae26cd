"""Sessions over real sockets: processes that log in at each other, several workers, replicas, restarts, reloads."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from support.gateways import KEY, SCOPE
from support.processes import START_WITHIN, Process, free_port, running, wait_until_listening

PASSWORD = "sekret-of-the-graph-9"
BILLING = "sekret-of-billing-7"
SESSION_KEY = "sekret-0123456789abcdef0123456789abcdef"
ENVIRON = {"PASSWORD": PASSWORD, "BILLING": BILLING, "SESSION_KEY": SESSION_KEY, "KEY": KEY}
V2 = (f"/public/{SCOPE}/jobs", {"Authorization": f"Bearer {BILLING}"})
EXPLORER = "/api-open/v1/jobs"
CONFIG = """\
version: 1
listen: {{host: 127.0.0.1, port: {port}}}
admin: {{host: 127.0.0.1, port: {admin}}}
workers: {workers}
backends:
  flow:
    dialect: explorer
    url: http://127.0.0.1:{backend}
    login: {{address: graphd, port: 9669, username: root, password: "${{env:PASSWORD}}", encoding: {encoding}}}
callers:
  billing: {{key: "${{env:BILLING}}"}}
sessions: {{key: "${{env:SESSION_KEY}}"}}
routes:
  - {{dialect: openreplay-v2, backend: flow}}
  - {{dialect: explorer, backend: flow}}
"""
SEALED = """\
version: 1
listen: {{host: 127.0.0.1, port: {port}}}
admin: {{host: 127.0.0.1, port: {admin}}}
workers: {workers}
backends:
  replay: {{dialect: openreplay-v2, url: "http://127.0.0.1:{backend}", scope: {scope}}}
sessions: {{key: "${{env:SESSION_KEY}}"}}
routes:
  - {{dialect: explorer, backend: replay}}
"""


class Answer(NamedTuple):
    status: int
    cookie: str
    body: bytes


class Served(NamedTuple):
    port: int
    admin: int
    process: Process
    file: Path

    def ask(self, path: str, headers: dict[str, str], method: str = "GET", body: bytes = b"") -> Answer:
        return ask(self.port, path, headers, method, body)

    def metrics(self) -> str:
        return ask(self.admin, "/metrics", {}).body.decode()

    def logins(self) -> dict[str, float]:
        found = re.findall(r'session_logins_total\{backend="flow",outcome="(\w+)"\} (\S+)', self.metrics())
        return {outcome: float(count) for outcome, count in found}

    def connect(self, account: str) -> Answer:
        said = base64.b64encode(account.encode()).decode()
        headers = {"Authorization": f"Bearer {said}", "Content-Type": "application/json"}
        return self.ask("/api-open/v1/connect", headers, "POST", b'{"address":"graphd","port":9669}')


def ask(port: int, path: str, headers: dict[str, str], method: str = "GET", body: bytes = b"") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheader("set-cookie") or "", response.read())
    finally:
        connection.close()


def until(holds: Callable[[], bool], process: Process) -> None:
    limit = time.monotonic() + START_WITHIN
    while not holds():
        assert time.monotonic() < limit, process.said()
        time.sleep(0.02)


@contextmanager
def backend(dialect: str, key: str, port: int) -> Iterator[Process]:
    with running("mock", dialect, "--key", key, "--port", str(port)) as process:
        assert process.line(), process.said()
        yield process


@contextmanager
def gateway(
    folder: Path, backend: int, *, workers: int = 1, config: str = CONFIG, encoding: str = "array", **environ: str
) -> Iterator[Served]:
    port, admin = free_port(), free_port()
    file = folder / f"gateway-{port}.yaml"
    file.write_text(
        config.format(port=port, admin=admin, backend=backend, workers=workers, scope=SCOPE, encoding=encoding)
    )
    with running("run", "-c", str(file), env={**ENVIRON, **environ}) as process:
        wait_until_listening(port, process)
        wait_until_listening(admin, process)
        yield Served(port, admin, process, file)


@pytest.mark.parametrize("encoding", ["array", "pair"])
def test_two_workers_log_in_once_each_however_many_ask(tmp_path: Path, encoding: str) -> None:
    at = free_port()
    with backend("explorer", PASSWORD, at), gateway(tmp_path, at, workers=2, encoding=encoding) as served:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: served.ask(*V2), range(80)))

        assert {answer.status for answer in answers} == {200}
        assert [job["jobId"] for job in json.loads(answers[0].body)["data"]] == [106, 105]
        until(lambda: sum(served.logins().values()) in (1, 2), served.process)
        assert set(served.logins()) == {"ok"}
        assert_silent(served, answers)


def test_a_backend_that_forgets_its_sessions_is_logged_in_to_again(tmp_path: Path) -> None:
    at = free_port()
    with ExitStack() as stack:
        first = stack.enter_context(backend("explorer", PASSWORD, at))
        served = stack.enter_context(gateway(tmp_path, at))
        assert served.ask(*V2).status == 200
        assert first.stop() == 0
        assert served.ask(*V2).status == 503
        stack.enter_context(backend("explorer", PASSWORD, at))

        answers = [served.ask(*V2) for _ in range(5)]

        assert {answer.status for answer in answers} == {200}
        assert served.logins() == {"ok": 2.0}
        assert 'session_lost_total{backend="flow"} 1.0' in served.metrics()


def test_a_wrong_password_is_told_to_callers_and_tried_seldom(tmp_path: Path) -> None:
    at = free_port()
    with backend("explorer", "another-password", at), gateway(tmp_path, at) as served:
        began = time.monotonic()
        answers = [served.ask(*V2) for _ in range(100)]
        most = 2 + (time.monotonic() - began)

        assert {answer.status for answer in answers} == {502}
        assert b"refused the gateway's login" in answers[0].body
        assert 1 <= served.logins()["bad_credential"] <= most
        assert 'jobgateway_session_failing{backend="flow"} 1.0' in served.metrics()
        assert ask(served.admin, "/readyz", {}).status == 200
        assert_silent(served, answers)


@pytest.mark.skipif(sys.platform != "linux", reason="the test finds processes in /proc")
def test_a_worker_that_dies_takes_with_it_that_it_could_not_log_in(tmp_path: Path) -> None:
    at = free_port()
    with backend("explorer", "another-password", at), gateway(tmp_path, at, workers=2) as served:
        assert served.ask(*V2).status == 502
        until(lambda: 'session_failing{backend="flow"} 1.0' in served.metrics(), served.process)
        pid = served.process.process.pid
        for worker in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            os.kill(int(worker), signal.SIGKILL)

        until(lambda: 'session_failing{backend="flow"} 0.0' in served.metrics(), served.process)

        assert served.logins() == {"bad_credential": 1.0}


def test_a_caller_logs_in_at_one_gateway_and_asks_at_another_until_its_key_is_taken_away(tmp_path: Path) -> None:
    at = free_port()
    with (
        backend("explorer", PASSWORD, at),
        gateway(tmp_path, at, workers=2) as one,
        gateway(tmp_path, at, workers=2) as other,
    ):
        for account in (f"billing:{BILLING}", json.dumps(["billing", BILLING])):
            given = one.connect(account)
            assert (given.status, json.loads(given.body)["data"]) == (200, {"success": True})
            cookie = {"Cookie": given.cookie.partition(";")[0]}
            for served in (one, other, one, other):
                assert served.ask(EXPLORER, cookie).status == 200
        assert one.connect("billing:wrong").status == 401
        changed = other.file.read_text().replace("env:BILLING", "env:BILLING_NEW:-sekret-of-billing-8")
        other.file.write_text(changed)
        other.file.chmod(0o600)
        other.process.process.send_signal(signal.SIGHUP)
        until(lambda: '"event":"reload"' in other.process.said().replace(" ", ""), other.process)

        refused = other.ask(EXPLORER, cookie)

        assert (refused.status, json.loads(refused.body)["code"]) == (401, 40104001)
        assert one.ask(EXPLORER, cookie).status == 200
        assert_silent(one, [given])


def test_without_callers_the_token_carries_the_backends_key_sealed(tmp_path: Path) -> None:
    at = free_port()
    with backend("openreplay-v2", KEY, at), gateway(tmp_path, at, workers=2, config=SEALED) as served:
        given = served.connect(f"anybody:{KEY}")
        cookie = {"Cookie": given.cookie.partition(";")[0]}

        assert given.cookie.endswith("; Path=/; Max-Age=259200; HttpOnly")
        assert [served.ask(EXPLORER, cookie).status for _ in range(6)] == [200] * 6
        assert KEY not in given.cookie
        assert served.ask(EXPLORER, {"Cookie": f"explorer_token={KEY}"}).status == 200
        wrong = served.connect("anybody:wrong")
        assert served.ask(EXPLORER, {"Cookie": wrong.cookie.partition(";")[0]}).status == 401
        assert_silent(served, [given])


def test_check_logs_in_where_it_asks_backends(tmp_path: Path) -> None:
    at = free_port()
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIG.format(port=1, admin=2, backend=at, workers=1, encoding="array"))

    def checked(**environ: str) -> tuple[int, str]:
        with running("check", "--backends", str(file), env={**ENVIRON, **environ}) as process:
            assert process.process.stdout is not None
            told = process.process.stdout.read()
            return process.process.wait(30), told + process.said()

    code, told = checked()
    assert (code, "backends.flow: gives no session: the backend gave no answer to a login" in told) == (69, True)
    with backend("explorer", PASSWORD, at):
        assert checked()[0] == 0
        code, told = checked(PASSWORD="sekret-wrong")
        assert (code, "gives no session: the backend refused the gateway's login" in told) == (1, True)
        assert "sekret" not in told


def assert_silent(served: Served, answers: list[Answer]) -> None:
    """No secret in what was said, counted or answered; cookies are for whom they were given to."""
    assert served.process.stop() == 0
    assert served.process.process.stdout is not None
    told = served.process.process.stdout.read() + served.process.said()
    told += "".join(answer.body.decode() for answer in answers)
    for secret in (PASSWORD, BILLING, SESSION_KEY, KEY):
        assert secret not in told
        assert base64.b64encode(secret.encode()).decode().rstrip("=") not in told
    assert "jg1-" not in told
