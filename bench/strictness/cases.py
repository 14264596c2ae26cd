"""What is replayed: the project's own hostile requests, and what gunicorn's authors collected where it is at hand."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec import Struct

from bench.processes import ROOT
from bench.wording import KEY, SCOPE

TARGET: Final = f"/public/{SCOPE}/jobs"
HOSTILE: Final = ROOT / "tests" / "promises" / "hostile" / "requests.yaml"
PERMITTED: Final = Path(__file__).resolve().parent / "permitted.yaml"
GUNICORN: Final = ROOT.parent / "shared" / "corpora" / "gunicorn-requests" / "index.jsonl"
NOT_HERE: Final = "gunicorn's requests are not beside this checkout"
OF_DIALECTS: Final = frozenset({"a header twice"})
"""Kinds of cases that are about credentials and dialects: a plain backend has no opinion on them."""
_CREDENTIAL: Final = f"Authorization: Bearer {KEY}\r\n"
_WORDS: Final = {
    "{TARGET}": TARGET,
    "{KEY}": _CREDENTIAL,
    "{HEAD}": f"GET {TARGET} HTTP/1.1\r\nHost: a\r\n{_CREDENTIAL}",
}
HEAD: Final = _WORDS["{HEAD}"].encode()
"""A good head without its last empty line."""
_lines: Final = re.compile(rb"(?:\A|\n)[A-Z]+ [^ ]+ HTTP/\d").findall
_line: Final = re.compile(rb"\A((?:GET|POST|PUT) )/[^ \r\n]*( HTTP/1\.[01]\r\n)")


class Case(Struct, frozen=True):
    """Bytes that a caller sends."""

    name: str
    sent: bytes

    @property
    def requests(self) -> int:
        """How many requests they are, to the eye: at least one."""
        return max(1, len(_lines(self.sent)))


class Suite(Struct, frozen=True):
    """Cases that are counted together."""

    title: str
    cases: tuple[Case, ...]
    skipped: str = ""
    """Why there are none."""


def malformed() -> tuple[Suite, ...]:
    """What should be refused, by who says so."""
    forbidden: list[Case] = []
    permitted: list[Case] = []
    lenient = yaml.safe_load(PERMITTED.read_text(encoding="utf-8"))
    for kind, cases in _hostile()["refused"].items():
        if kind not in OF_DIALECTS:
            for name, text in cases.items():
                (permitted if name in lenient.get(kind, ()) else forbidden).append(_case(f"{kind}: {name}", text))
    return (
        Suite("ours, which the RFCs forbid", tuple(forbidden)),
        Suite("ours, which they let a recipient take", tuple(permitted)),
        _gunicorn("invalid", "gunicorn's invalid", aimed=False),
        _gunicorn("invalid", "gunicorn's invalid, aimed", aimed=True),
    )


def well_formed() -> tuple[Suite, ...]:
    """What may be served, or is by somebody."""
    served = tuple(_case(name, text) for name, (_, text) in _hostile()["served"].items())
    return Suite("ours, which are served", served), _gunicorn("valid", "gunicorn's valid, aimed", aimed=True)


def _hostile() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(HOSTILE.read_text(encoding="utf-8"))
    return found


def _case(name: str, text: str) -> Case:
    for word, meaning in _WORDS.items():
        text = text.replace(word, meaning)
    return Case(name, text.encode("latin-1"))


def _gunicorn(verdict: str, title: str, *, aimed: bool) -> Suite:
    if not GUNICORN.is_file():
        return Suite(title, (), NOT_HERE)
    return Suite(title, tuple(Case(name, aim(sent) if aimed else sent) for name, sent in _collected(verdict)))


def _collected(verdict: str) -> Iterator[tuple[str, bytes]]:
    for line in GUNICORN.read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        if each["verdict"] == verdict:
            yield each["name"], base64.b64decode(each["bytes_base64"])


def aim(sent: bytes) -> bytes:
    """A request with a host, a credential, a method and a target that are there: nothing else is wrong with it."""
    more = _CREDENTIAL.encode()
    if not re.search(rb"(?i)\nhost:", sent.partition(b"\r\n\r\n")[0]):
        more += b"Host: a\r\n"

    def aimed(found: re.Match[bytes]) -> bytes:
        return b"GET " + TARGET.encode() + found[2] + more

    return _line.sub(aimed, sent)
