"""``run`` and ``healthcheck``: a gateway's process from its start to its end."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from support.commands import DEMO, FULL, ended, jobgateway, server
from support.processes import free_port, running, wait_until_listening


def told_by(status, host="127.0.0.1"):
    """A health check of an admin port that answers with this status."""
    asked = []

    def answer(path, headers):
        asked.append(path)
        return status, "text/plain", b"said"

    with server(answer) as port:
        result = jobgateway("healthcheck", "-c", config_with(host, port))
    return result, asked


def config_with(host, port):
    """The path of a configuration with this admin port."""
    Path("admin.yaml").write_text(DEMO + f"admin: {{host: '{host}', port: {port}}}\n")
    return "admin.yaml"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_ready_gateway_is_healthy(host, folder):
    result, asked = told_by(200, host)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "ready\n", "")
    assert asked == ["/readyz"]


def test_a_gateway_that_drains_is_not(folder):
    result, _ = told_by(503)
    assert (result.exit_code, result.stdout) == (69, "")
    assert result.stderr.startswith("jobgateway: not ready on 127.0.0.1 port ")


def test_a_gateway_that_does_not_run_is_not(folder):
    result = jobgateway("healthcheck", "-c", config_with("127.0.0.1", free_port()))
    assert (result.exit_code, result.stdout) == (69, "")


def test_without_an_admin_port_there_is_nothing_to_ask(demo):
    result = jobgateway("healthcheck")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "gateway.yaml: there is no admin port to ask; give it an `admin` section\n"


def test_from_start_to_end(folder):
    callers, admin = free_port(), free_port()
    text = DEMO.replace("port: 0", f"port: {callers}") + f"admin: {{port: {admin}}}\n"
    (folder / "gateway.yaml").write_text(text)
    with running("run", cwd=folder) as gateway:
        wait_until_listening(admin, gateway)
        wait_until_listening(callers, gateway)
        while ended("healthcheck", cwd=folder).returncode:
            assert gateway.process.poll() is None
        line = next(each for each in gateway.said().splitlines() if each.lstrip().startswith("curl"))
        assert f"http://127.0.0.1:{callers}/api/v1/" in line
        with socket.create_connection(("127.0.0.1", callers)) as caller:
            caller.sendall(
                b"GET /api/v1/p/jobs HTTP/1.1\r\nhost: x\r\nauthorization: demo\r\nconnection: close\r\n\r\n"
            )
            assert caller.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
        assert json.loads(gateway.line())["status"] == 200
        assert gateway.stop(signal.SIGTERM) == 0
    assert ended("healthcheck", cwd=folder).returncode == 69


def test_without_an_access_log_standard_output_stays_empty(folder):
    callers = free_port()
    (folder / "gateway.yaml").write_text(DEMO.replace("port: 0", f"port: {callers}"))
    with running("run", "--no-access-log", "-c", str(folder / "gateway.yaml")) as gateway:
        wait_until_listening(callers, gateway)
        with socket.create_connection(("127.0.0.1", callers)) as caller:
            caller.sendall(
                b"GET /api/v1/p/jobs HTTP/1.1\r\nhost: x\r\nauthorization: demo\r\nconnection: close\r\n\r\n"
            )
            assert caller.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
        assert gateway.stop(signal.SIGTERM) == 0
        assert gateway.line() == ""


def test_a_broken_config_exits_with_78_and_all_findings(folder):
    (folder / "gateway.yaml").write_text(FULL.replace("version: 1", "version: 2").replace("callers:\n", "caller:\n"))
    result = ended("run")
    assert (result.returncode, result.stdout) == (78, "")
    assert result.stderr == jobgateway("check").stderr
    assert len(result.stderr.splitlines()) > 1


def test_a_file_that_is_not_there_exits_with_78(folder):
    result = ended("run", "-c", "none.yaml")
    assert (result.returncode, result.stdout) == (78, "")
    assert result.stderr == "none.yaml: cannot be read: there is no such file\n"


def test_a_port_that_is_taken_exits_with_69(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "gateway.yaml").write_text(DEMO.replace("port: 0", f"port: {port}"))
        result = ended("run")
    assert (result.returncode, result.stdout) == (69, "")
    assert f"cannot listen on 127.0.0.1 port {port}" in result.stderr
