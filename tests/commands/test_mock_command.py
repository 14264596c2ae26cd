"""``mock``: a backend of its own, with the jobs, key and faults that are asked for."""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.commands import jobgateway
from support.processes import free_port, running

ACME = Path(__file__).resolve().parents[2] / "docs" / "examples" / "acme.yaml"
LIST = "/public/any/jobs?limit=200&page=1"


def get(url, key="Sesame42", name="authorization", scheme="Bearer "):
    """Status and JSON of an answer."""
    request = urllib.request.Request(url, headers={name: f"{scheme}{key}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_its_url_is_printed_and_it_holds_the_documents_jobs_and_ends_when_told():
    with running("mock", "openreplay-v2") as process:
        url = process.line()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        status, body = get(url + LIST)
        assert (status, [job["jobId"] for job in body["data"]]) == (200, [3452, 3451])
        assert process.stop(signal.SIGTERM) == 0
        assert process.said() == ""


def test_it_serves_as_many_jobs_as_asked_for_only_for_its_key_on_its_port():
    port = free_port()
    with running(
        "mock", "openreplay-v2", "--jobs", "30", "--seed", "3", "--key", "right", "--port", str(port)
    ) as process:
        assert process.line() == f"http://127.0.0.1:{port}"
        status, body = get(f"http://127.0.0.1:{port}{LIST}", "right")
        assert (status, len(body["data"])) == (200, 30)
        assert get(f"http://127.0.0.1:{port}{LIST}", "wrong")[0] == 401
        assert process.stop(signal.SIGINT) == 0


def test_it_fails_as_often_as_asked_for():
    with running("mock", "openreplay-v2", "--fail", "100%", "--latency", "1ms") as process:
        assert get(process.line() + LIST)[0] == 500


def test_a_dialect_may_come_from_a_file():
    with running("mock", "acme", "--dialect-file", str(ACME)) as process:
        status, body = get(process.line() + "/batch/v3/jobs", name="x-acme-key", scheme="")
        assert (status, [job["job"]["number"] for job in body["jobs"]]) == (200, [9002, 9001])


def test_the_profile_is_what_is_written():
    with running("mock", "openreplay-v1", "--profile", "deployed") as process:
        assert get(process.line() + "/api/v1/p/jobs/99", scheme="") == (200, {"data": {}})


def test_a_port_that_is_taken_exits_with_69():
    with running("mock", "explorer") as first:
        port = first.line().rpartition(":")[2]
        with running("mock", "explorer", "--port", port) as second:
            assert second.process.wait(30) == 69
            assert f"cannot listen on 127.0.0.1 port {port}" in second.said()
            assert second.line() == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["explorr"], "Invalid value for DIALECT: unknown dialect 'explorr'; did you mean 'explorer'?"),
        (["x"], "unknown dialect 'x'; known: explorer, openreplay-v1, openreplay-v2"),
        (["explorer", "--fail", "101%"], "'101%' is not a percentage"),
        (["explorer", "--fail", "0.02"], "'0.02' is not a percentage"),
        (["explorer", "--latency", "5"], "'5' is not a duration"),
        (["explorer", "--jobs", "-1"], "-1 is not in the range"),
        (["explorer", "--profile", "deployed"], "explorer has no profile 'deployed'; known: documented"),
        (["explorer", "--key", "a;b"], "Invalid value for --key: no request in explorer can carry this key"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_told(arguments, told):
    result = jobgateway("mock", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_dialects_file_that_is_wrong_is_a_finding(tmp_path):
    file = tmp_path / "odd.yaml"
    file.write_text("dialect: odd\n")
    result = jobgateway("mock", "odd", "--dialect-file", str(file))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{file}:1:1: title: missing" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("openreplay-v2", "--lifetime", "60s"), "openreplay-v2 has no logins"),
        (("explorer", "--lifetime", "500ms"), "'500ms' is not a number of whole seconds above 0"),
        (("explorer", "--lifetime", "60"), "'60' is not a duration"),
    ],
)
def test_a_lifetime_that_no_token_can_have_is_wrong_usage(arguments, problem):
    result = jobgateway("mock", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
