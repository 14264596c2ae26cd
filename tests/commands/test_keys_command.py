"""``keys hash``: a key in, its digest out, and the key nowhere."""

from __future__ import annotations

import hashlib
import os
import pty
import re
import select
import sys
from pathlib import Path

import pytest

from support.commands import ended, jobgateway
from support.configs import MINIMAL, load

KEY = "canary-Jx7pQ2vR9sLw4TzB"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_digest_is_that_of_the_key_without_its_line_break(end):
    result = jobgateway("keys", "hash", input=KEY + end)

    assert (result.exit_code, result.stdout, result.stderr) == (0, DIGEST + "\n", "")


def test_the_digest_lets_the_key_in(tmp_path: Path):
    digest = jobgateway("keys", "hash", input=KEY).stdout.strip()

    config = load(tmp_path, MINIMAL + f"callers: {{billing: {{key_sha256: {digest}}}}}\n")

    assert config.callers is not None
    assert config.callers["billing"].key_digests == (hashlib.sha256(KEY.encode()).digest(),)


def test_as_a_process_it_reads_a_pipe():
    result = ended("keys", "hash", input=KEY + "\n")

    assert (result.returncode, result.stdout, result.stderr) == (0, DIGEST + "\n", "")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "the key is empty"),
        ("\n", "the key is empty"),
        ("two\nlines-canary", "the key has a character that no request can carry, or too many"),
        ("canary with spaces", "the key has a character that no request can carry, or too many"),
        ("canary\x07", "the key has a character that no request can carry, or too many"),
        ("canary-\u00e9", "the key has a character that no request can carry, or too many"),
        (b"canary\xff", "the key is not UTF-8 text"),
        ("c" * 65537, "the key is larger than 64 KiB"),
    ],
)
def test_a_key_that_nobody_could_present_is_refused_and_not_repeated(key, said):
    result = jobgateway("keys", "hash", input=key)

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"jobgateway: {said}\n")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("a", "it has only 1 character"),
        ("canary-15-chars", "it has only 15 characters"),
        ("canary" * 4, "it has only 5 different characters"),
        ("a" * 64, "it has only 1 different characters"),
    ],
)
def test_a_weak_key_is_told_and_hashed_all_the_same(key, why):
    result = jobgateway("keys", "hash", input=key)

    assert (result.exit_code, result.stdout) == (0, hashlib.sha256(key.encode()).hexdigest() + "\n")
    assert result.stderr.startswith(f"jobgateway: the key is weak: {why}; ")
    assert "canary" not in result.stderr


def test_random_keys_of_the_usual_kinds_are_not_called_weak():
    import secrets

    for _ in range(200):
        for key in (secrets.token_hex(16), secrets.token_hex(32), secrets.token_urlsafe(16), secrets.token_urlsafe(32)):
            assert jobgateway("keys", "hash", input=key).stderr == ""


def test_a_key_that_only_some_dialects_can_carry_is_told():
    result = jobgateway("keys", "hash", input='canary"Jx7pQ2vR9sLw4TzB')

    assert result.exit_code == 0
    assert re.fullmatch(r"jobgateway: the key has a character that [\w -]+ cannot carry\n", result.stderr)


def test_a_key_as_an_argument_is_wrong_usage_and_is_not_repeated():
    result = jobgateway("keys", "hash", KEY)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "standard input" in result.stderr
    assert "canary" not in result.stderr


def on_a_terminal(*lines: str) -> tuple[str, int]:
    """What the command shows to somebody who types these lines, and its exit code."""
    child, terminal = pty.fork()
    if not child:
        os.execv(sys.executable, [sys.executable, "-m", "jobgateway", "keys", "hash"])
    shown = b""
    waiting = list(lines)
    while select.select([terminal], [], [], 30)[0]:
        try:
            piece = os.read(terminal, 1024)
        except OSError:  # Linux says so when the other side is gone
            break
        shown += piece
        if not piece:
            break
        if waiting and piece.endswith(b": "):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_on_a_terminal_it_asks_twice_and_shows_nothing_of_what_is_typed():
    shown, code = on_a_terminal(KEY, KEY)

    assert code == 0
    assert shown.split() == ["Key:", "Repeat", "for", "confirmation:", DIGEST]
