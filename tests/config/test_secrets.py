"""Secrets: where they may stand, and that nothing shows them."""

from __future__ import annotations

import hashlib
import json
import tempfile
import traceback
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobgateway.config.findings import ConfigError
from jobgateway.config.model import Secret
from jobgateway.config.show import masked
from support.configs import ENVIRON, MINIMAL, findings, load

REAL = MINIMAL.replace("url: demo://", "url: https://replay.example.com")
CALLERS = """\
callers:
  billing: {key: sekret-key, credentials: {replay: 'sekret-own'}}
"""
LITERAL = REAL.replace("scope:", "credential: sekret-lent, scope:") + CALLERS


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_literal_secret_is_read_from_a_file_that_only_its_owner_can_read(tmp_path: Path, mode: int) -> None:
    config = load(tmp_path, LITERAL, mode=mode)

    lent = config.backends["replay"].credential
    assert lent is not None and lent.reveal() == "sekret-lent"
    assert config.callers is not None
    assert config.callers["billing"].key_digests == (hashlib.sha256(b"sekret-key").digest(),)
    assert config.callers["billing"].credentials["replay"].reveal() == "sekret-own"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666, 0o601])
def test_a_literal_secret_is_refused_in_a_file_that_others_can_open(tmp_path: Path, mode: int) -> None:
    said = findings(tmp_path, LITERAL, mode=mode)

    assert len(said) == 3
    assert all("chmod 600" in each and "sekret" not in each for each in said)


REFERRED = REAL.replace("scope:", "credential: '${file:lent}', scope:") + (
    "callers:\n  billing: {key: ['${file:old}', '${file:new}'], credentials: {replay: '${file:own}'}}\n"
)


def test_a_file_of_a_secret_that_everybody_can_read_is_warned_of(tmp_path: Path) -> None:
    files = {name: f"sekret-{name}" for name in ("lent", "old", "new", "own")}
    load(tmp_path, REFERRED, files=files)
    for name in files:
        (tmp_path / name).chmod(0o644 if name in ("lent", "new") else 0o640)

    config = load(tmp_path, REFERRED)

    open_to_all = "can be read by everybody on this machine; chmod 600 it, or 640 for the gateway's group"
    assert [str(warning) for warning in config.warnings] == [
        f"gateway.yaml:3:69: warning: backends.replay.credential: the file of ${{file:lent}} {open_to_all}",
        f"gateway.yaml:7:34: warning: callers.billing.key[1]: the file of ${{file:new}} {open_to_all}",
    ]
    for name in files:
        (tmp_path / name).chmod(0o600)
    assert load(tmp_path, REFERRED).warnings == ()


def test_a_file_of_what_is_no_secret_may_be_read_by_everybody(tmp_path: Path) -> None:
    text = MINIMAL + "listen: {host: '${file:host}'}\n"

    assert load(tmp_path, text, files={"host": "127.0.0.1"}).warnings == ()


def test_the_digest_of_a_key_is_no_secret(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"sekret-key").hexdigest()

    config = load(tmp_path, REAL + f"callers:\n  billing: {{key_sha256: {digest}}}\n", mode=0o644)

    assert config.callers is not None
    assert config.callers["billing"].key_digests == (bytes.fromhex(digest),)


def test_a_secret_is_shown_only_when_it_is_asked_for_by_name(tmp_path: Path) -> None:
    config = load(tmp_path, LITERAL, mode=0o600)

    for text in (repr(config), str(config), json.dumps(masked(config)), repr(config.backends), f"{config!r:>5}"):
        assert "sekret" not in text
    with pytest.raises((TypeError, NotImplementedError)):
        msgspec.json.encode(config)
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=8, max_size=40))
def test_whatever_a_secret_is_no_finding_repeats_it(secret: str) -> None:
    text = REAL.replace("scope:", "credential: '${env:SECRET}', timeout: '${env:SECRET}', scope:") + CALLERS
    text = text.replace("sekret-key", "['${env:SECRET}', '${file:secret}']").replace("sekret-own", "${env:SECRET}")
    with tempfile.TemporaryDirectory() as folder, pytest.raises(ConfigError) as caught:
        load(Path(folder), text, environ={"SECRET": f"~{secret}~"}, files={"secret": f"~{secret}~"})

    told = "".join(traceback.format_exception(caught.value))
    assert f"~{secret}" not in told and json.dumps(f"~{secret}~")[1:-1] not in str(caught.value)


def test_a_secret_under_the_wrong_key_is_not_repeated(tmp_path: Path) -> None:
    wrong = {
        "callers: sekret\n",
        "callers: {billing: sekret}\n",
        "callers: {billing: {kye: sekret}}\n",
        "callers: {billing: {key: {value: sekret}}}\n",
        "callers: {billing: {key: '${env:NONE:-sekret}'}}\n",
        "callers: {billing: {key: 'x${env:sekret}'}}\n",
        "callers: {billing: {key_sha256: sekret}}\n",
        "callers: {billing: {key: '${sekret}'}}\n",
        "callers: {billing: {key: [[sekret]]}}\n",
        "callers: {billing: {account: {password: sekret}}}\n",
        "callers: {billing: {key: !!sekret x}}\n".replace("!!sekret x", "!!str sekret"),
        "callers: {billing: {key: sekret\n",
    }

    for text in wrong:
        for said in findings(tmp_path, MINIMAL + text, environ=ENVIRON):
            assert "sekret" not in said, text
