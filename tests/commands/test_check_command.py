"""``check``: findings, warnings, backends, exit codes."""

from __future__ import annotations

import json
import socket

import pytest

from jobgateway.mock.population import population
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import ListJobs, Page, Reason, Refusal, Window
from support.commands import CANARY, FULL, ended, expect_golden, jobgateway, json_of, server
from support.specs import all_specs

BROKEN = FULL.replace("dialect: openreplay-v2\n", "dialect: openreplay-v3\n").replace("admin:", "admn:")
FINDING = {"file", "line", "column", "path", "severity", "problem", "suggestion"}
ONE = """\
version: 1
backends:
  replay: {{dialect: openreplay-v2, url: "{url}", {more}timeout: 5s}}
routes:
  - {{dialect: openreplay-v2, backend: replay, open: true}}
"""
LENT = "credential: '${env:REPLAY_SECRET}', scope: demo, "
V2 = compile_dialect(all_specs()["openreplay-v2"])
LIST = ListJobs("demo", Window(0, 1))


def says(reply, profile="documented"):
    """A server's answer, in the dialect of the backend."""
    response = V2.write_reply(LIST, reply, profile)
    return lambda path, headers: (response.status, response.media, response.body)


def over(folder, url, more=LENT):
    (folder / "gateway.yaml").write_text(ONE.format(url=url, more=more))


def test_a_sound_file_is_fine(full):
    result = jobgateway("check")
    assert (result.exit_code, result.stdout) == (0, "gateway.yaml: fine\n")


def test_the_file_may_be_named(full):
    (full / "gateway.yaml").rename(full / "other.yaml")
    assert jobgateway("check", "other.yaml").stdout == "other.yaml: fine\n"


def test_all_findings_are_told_on_standard_error_with_their_places(folder):
    (folder / "gateway.yaml").write_text(BROKEN)
    result = jobgateway("check")
    assert (result.exit_code, result.stdout) == (1, "")
    expect_golden("check-findings", result.stderr)


def test_a_file_that_cannot_be_read_is_a_finding(folder):
    result = jobgateway("check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "gateway.yaml: cannot be read: there is no such file\n"


def test_a_warning_is_told_and_fine(folder):
    over(folder, "http://replay.example.invalid/")
    result = jobgateway("check")
    assert (result.exit_code, result.stdout) == (0, "gateway.yaml: fine\n")
    assert "warning: backends.replay.url: http:// shows credentials" in result.stderr
    data = json_of("check")
    assert data["fine"] is True
    assert {finding["severity"] for finding in data["findings"]} == {"warning"}


def test_as_json_findings_are_data(folder):
    (folder / "gateway.yaml").write_text(BROKEN)
    result = jobgateway("check", "--format", "json")
    assert (result.exit_code, result.stderr) == (1, "")
    data = json.loads(result.stdout)
    assert data.keys() == {"file", "fine", "findings", "backends"}
    assert (data["file"], data["fine"], data["backends"]) == ("gateway.yaml", False, [])
    assert all(finding.keys() == FINDING for finding in data["findings"])
    found = {finding["path"]: finding for finding in data["findings"]}
    assert found["backends.replay.dialect"]["suggestion"] == "openreplay-v2"
    assert found["backends.replay.dialect"]["line"] == 6


def test_of_a_file_as_a_whole_there_is_no_line(folder):
    (finding,) = json_of("check", code=1)["findings"]
    assert (finding["line"], finding["column"], finding["path"]) == (None, None, "")


def test_a_process_of_its_own_says_and_exits_the_same(folder):
    (folder / "gateway.yaml").write_text(BROKEN)
    process, result = ended("check"), jobgateway("check")
    assert (process.returncode, process.stdout, process.stderr) == (1, "", result.stderr)


def test_without_being_asked_to_it_asks_no_backend(folder):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over(folder, f"http://127.0.0.1:{listening.getsockname()[1]}")
        assert jobgateway("check").exit_code == 0
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_the_embedded_stores_answer(demo):
    result = jobgateway("check", "--backends")
    assert result.exit_code == 0
    expect_golden("check-backends", result.stdout)


def test_a_backend_is_asked_for_one_job_with_the_gateways_credential(folder):
    asked = []

    def answer(path, headers):
        asked.append((path, headers["authorization"]))
        return says(Page(tuple(population(1, 0))))(path, headers)

    with server(answer) as port:
        over(folder, f"http://127.0.0.1:{port}/v2/api")
        result = jobgateway("check", "--backends")
    assert (result.exit_code, result.stdout) == (0, "replay  answers\ngateway.yaml: fine\n")
    assert asked == [("/v2/api/public/demo/jobs?limit=1&page=1", "Bearer canary-replay-7f3a")]


@pytest.mark.parametrize(
    ("reply", "more", "state", "detail"),
    [
        (Refusal(Reason.BAD_CREDENTIAL), LENT, "unfit", "refuses its `credential`"),
        (Refusal(Reason.FORBIDDEN), LENT, "unfit", "refuses its `credential`"),
        (Refusal(Reason.NO_CREDENTIAL), "", "answers", "answers; each caller's own credential is judged there"),
        (Refusal(Reason.NO_SCOPE), "", "answers", "answers; which scope to ask for is each caller's to say"),
        (Refusal(Reason.NO_SCOPE), LENT, "unfit", "gives no list: no such project or workflow"),
        (Refusal(Reason.INTERNAL), LENT, "unfit", "gives no list: the gateway failed"),
    ],
    ids=str,
)
def test_what_a_backend_says_instead_of_a_list_is_judged(reply, more, state, detail, folder):
    with server(says(reply)) as port:
        over(folder, f"http://127.0.0.1:{port}", more)
        data = json_of("check", "--backends", code=0 if state == "answers" else 1)
    assert data["backends"] == [{"name": "replay", "state": state, "detail": detail}]


def test_a_backend_that_speaks_something_else_is_a_finding(folder):
    with server(lambda path, headers: (200, "text/html", b"<html>canary-replay-7f3a</html>")) as port:
        over(folder, f"http://127.0.0.1:{port}")
        result = jobgateway("check", "--backends")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "gateway.yaml: backends.replay: gives no list: " in result.stderr
    assert CANARY not in result.output


def test_an_answer_that_is_not_taken_is_a_finding(folder):
    with server(lambda path, headers: (200, "application/json", b" " * 2000)) as port:
        over(folder, f"http://127.0.0.1:{port}")
        with (folder / "gateway.yaml").open("a") as file:
            file.write("limits: {response_body: 1KiB}\n")
        result = jobgateway("check", "--backends")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "gateway.yaml: backends.replay: gives no usable answer: " in result.stderr


def test_a_credential_that_a_backend_sends_back_is_not_shown(folder):
    (job,) = population(1, 0)
    body = V2.write_reply(LIST, Page((job,)), "documented").body.replace(b'"completed"', b'"canary-replay-7f3a"')
    assert b"canary" in body
    with server(lambda path, headers: (200, "application/json", body)) as port:
        over(folder, f"http://127.0.0.1:{port}")
        result = jobgateway("check", "--backends")
    assert result.exit_code == 1
    assert "********" in result.stderr
    assert CANARY not in result.output


def test_a_backend_that_cannot_be_reached_exits_with_69(full):
    result = jobgateway("check", "--backends")
    assert (result.exit_code, result.stdout) == (69, "")
    assert "gateway.yaml: backends.replay: cannot be reached: " in result.stderr
    assert "gateway.yaml: backends.flow: cannot be reached: the connection was refused\n" in result.stderr
    data = json_of("check", "--backends", code=69)
    assert data["fine"] is False
    assert [backend["state"] for backend in data["backends"]] == ["unreachable", "unreachable"]


def test_a_backend_that_is_silent_cannot_be_reached(folder):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        over(folder, f"http://127.0.0.1:{silent.getsockname()[1]}")
        (folder / "gateway.yaml").write_text((folder / "gateway.yaml").read_text().replace("5s", "200ms"))
        data = json_of("check", "--backends", code=69)
    assert data["backends"][0]["detail"] == "cannot be reached: no answer within 0.2 s"


def test_one_that_cannot_be_reached_outweighs_one_that_does_not_fit(full):
    with server(lambda path, headers: (500, "", b"")) as port:
        (full / "gateway.yaml").write_text(FULL.replace("https://replay.example.invalid", f"http://127.0.0.1:{port}"))
        data = json_of("check", "--backends", code=69)
    assert [backend["state"] for backend in data["backends"]] == ["unfit", "unreachable"]


def test_backends_of_a_broken_file_are_not_asked(folder):
    (folder / "gateway.yaml").write_text(BROKEN)
    assert json_of("check", "--backends", code=1)["backends"] == []


def test_a_mapped_scope_is_asked_for_where_the_backend_has_none(folder):
    asked = []

    def answer(path, headers):
        asked.append(path)
        return says(Page(()))(path, headers)

    with server(answer) as port:
        over(folder, f"http://127.0.0.1:{port}", "credential: '${env:REPLAY_SECRET}', ")
        text = (folder / "gateway.yaml").read_text()
        (folder / "gateway.yaml").write_text(text.replace("open: true", "open: true, scopes: {a: mapped}"))
        assert jobgateway("check", "--backends").exit_code == 0
    assert asked == ["/public/mapped/jobs?limit=1&page=1"]
