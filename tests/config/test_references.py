"""References: where they may stand, what they lead to, and what is said where they lead nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobgateway.config.findings import Mark
from jobgateway.config.nodes import Scalar
from jobgateway.config.references import References, UnresolvedError
from support.configs import MINIMAL, findings, load

ENVIRON = {"NAME": "value", "EMPTY": "", "TRAP": "${env:NAME}", "LATIN": "caf\udce9"}


def resolve(text: str, folder: Path = Path(), environ: dict[str, str] = ENVIRON) -> str:
    references = References(environ, str(folder / "gateway.yaml"))
    return references.resolve(Scalar(text, plain=True, mark=Mark(1, 1))).text


def refusal(text: str, folder: Path = Path()) -> str:
    with pytest.raises(UnresolvedError) as caught:
        resolve(text, folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${env:NAME}", "value"),
        ("${env:NAME:-other}", "value"),
        ("${env:NONE:-other}", "other"),
        ("${env:EMPTY:-other}", "other"),
        ("${env:NONE:-a:-b c}", "a:-b c"),
        ("${env:TRAP}", "${env:NAME}"),
        ("$$", "$"),
        ("$${env:NAME}", "${env:NAME}"),
        ("a$$b$c", "a$b$c"),
        ("$$$$", "$$"),
        ("$", "$"),
        ("$NAME", "$NAME"),
        ("{env:NAME}", "{env:NAME}"),
        ("", ""),
    ],
)
def test_a_whole_value_may_be_a_reference_and_two_dollar_signs_are_one(text: str, value: str) -> None:
    assert resolve(text) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("${env:NONE}", "the environment has no NONE"),
        ("${env:EMPTY}", "EMPTY is empty in the environment"),
        ("${env:NONE:-}", "the default of ${env:NONE} is empty"),
        ("${env:NAME:-}", "the default of ${env:NAME} is empty"),
        ("${env:LATIN}", "LATIN is not UTF-8 text in the environment"),
        ("x${env:NAME}", "a reference stands for a whole value, not within a longer text"),
        ("${env:NAME} ", "a reference stands for a whole value, not within a longer text"),
        ("${env:NAME}${env:NAME}", "a reference stands for a whole value, not within a longer text"),
        ("${env:NONE:-${env:NAME}}", "a reference stands for a whole value, not within a longer text"),
    ],
)
def test_what_cannot_be_resolved_is_neither_empty_nor_the_literal(text: str, problem: str) -> None:
    assert refusal(text) == problem


@pytest.mark.parametrize(
    "text", ["${NAME}", "${env:}", "${env:1}", "${ENV:NAME}", "${env:NAME", "${file:}", "${}", "${", "$$${"]
)
def test_what_looks_like_a_reference_is_one_or_refused(text: str) -> None:
    assert refusal(text).startswith("not a reference; write ${env:NAME}")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        (b"a\n\n", "a\n"),
        (" caf\u00e9".encode(), " caf\u00e9"),
    ],
)
def test_a_file_is_taken_as_it_is_but_for_one_line_end(tmp_path: Path, content: bytes, value: str) -> None:
    (tmp_path / "secret").write_bytes(content)

    assert resolve("${file:secret}", tmp_path) == value
    assert resolve(f"${{file:{tmp_path}/secret}}", Path("/elsewhere")) == value


def test_a_file_that_cannot_be_taken_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "large").write_bytes(b"x" * (64 * 1024 + 1))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")

    assert refusal("${file:none}", tmp_path) == "the file 'none' cannot be read: there is no such file"
    assert refusal("${file:none/none}", tmp_path) == "the file 'none/none' cannot be read: there is no such file"
    assert refusal("${file:empty/x}", tmp_path) == "the file 'empty/x' cannot be read: there is no such file"
    assert refusal("${file:.}", tmp_path) == "the file '.' cannot be read: it is not a file"
    assert refusal("${file:pipe}", tmp_path) == "the file 'pipe' cannot be read: it is not a file"
    assert refusal("${file:circle}", tmp_path) == "the file 'circle' cannot be read: its links lead in a circle"
    assert refusal("${file:empty}", tmp_path) == "the file 'empty' is empty"
    assert refusal("${file:latin}", tmp_path) == "the file 'latin' is not UTF-8 text"
    assert refusal("${file:large}", tmp_path) == "the file 'large' is larger than 64 KiB"
    assert refusal("${file:" + "x" * 5000 + "}", tmp_path).endswith("cannot be read: its name is too long")
    assert refusal("${file:a\0b}", tmp_path).endswith("cannot be read: the system refuses it")


@given(st.text())
@example("$${")
@example("$$$${")
def test_any_text_can_be_said_with_dollar_signs_doubled(text: str) -> None:
    assert resolve(text.replace("$", "$$")) == text


@given(st.text(alphabet="${}envfil:-NAME_ x", max_size=30))
def test_any_text_is_resolved_or_refused(text: str) -> None:
    try:
        value = resolve(text)
    except UnresolvedError:
        value = None

    assert value != "" or text == ""


def test_references_work_for_all_kinds_of_values(tmp_path: Path) -> None:
    text = MINIMAL.replace("demo://", "'${env:URL}'") + (
        "admin: {host: '${env:HOST:-::1}', port: '${env:PORT}'}\n"
        "limits: {rows: '${file:rows}', request_head: '${env:HEAD}'}\n"
    )
    environ = {"URL": "https://replay.example.com/", "PORT": "9191", "HEAD": "32KiB"}

    config = load(
        tmp_path,
        text.replace("backend: replay}", "backend: replay, open: '${env:OPEN:-true}'}"),
        environ=environ,
        files={"rows": "7\n"},
    )

    assert config.admin is not None
    assert (config.admin.host, config.admin.port) == ("::1", 9191)
    assert (config.limits.rows, config.limits.request_head) == (7, 32768)
    assert config.backends["replay"].url == "https://replay.example.com"
    assert config.routes[0].open is True


def test_a_value_that_came_by_reference_needs_no_quotes_to_be_a_text(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL.replace("3sWXSsqHgSKnE87YkNJK", "'${env:SCOPE}'"), environ={"SCOPE": "010"})

    assert config.backends["replay"].scope == "010"


def test_what_a_reference_brings_changes_no_other_line(tmp_path: Path) -> None:
    said = findings(
        tmp_path, MINIMAL.replace("3sWXSsqHgSKnE87YkNJK", "'${env:SCOPE}'"), environ={"SCOPE": "x, credential: y"}
    )

    assert said == [
        "gateway.yaml:3:50: backends.replay.scope: the value of ${env:SCOPE} is no scope: 1 to 64 letters, digits and . _ ~ -, not dots alone"
    ]
