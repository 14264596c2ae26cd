"""Target: the bytes of a caller's connection, whatever it says in whatever pieces, over a backend in good health.

The first line of an input is the backend's number and the size of the pieces (0: one piece); then the bytes come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Final
from urllib.parse import unquote

import yaml

from fuzz.dialects import SHIPPED
from fuzz.exchange import CORPORA, ROOT, framed, messages
from fuzz.requests import Read, read, read_by_h11
from fuzz.said import Said, answers
from fuzz.stage import LIMITS, stage_over
from fuzz.strict import strict_json
from fuzz.stub import SCOPE
from fuzz.target import Target, numbers
from fuzz.words import words
from jobgateway.observe.observer import Served
from jobgateway.translation.hub import Reason
from jobgateway.translation.wire import Request

ALLOWED_5XX: Final = {Reason.NOT_CANCELLABLE, Reason.UNSUPPORTED, Reason.LIMIT}
"""Reasons for which a document has a server's status. The backend is in good health, and so has the gateway to be."""
SHAPES: Final[dict[str, tuple[set[str], ...]]] = {
    "/public": ({"data"}, {"error"}),
    "/api/v1": ({"data"}, {"errors"}, {"detail"}),
    "/api-open/v1": ({"code", "message", "data"}, {"code", "message"}),
}
"""By where a dialect's paths begin: what an answer of success holds, and what refusals hold."""
NO_DIALECT: Final = ({"type", "title", "status", "detail"}, {"type", "title", "status"})
NOBODYS: Final = Request("", "")
"""In place of the request that bytes are not."""


def check(data: bytes) -> None:
    """What must hold of all that a caller can send."""
    line, _, stream = data.partition(b"\n")
    backend, size = numbers(line, 2)
    stage = stage_over(SHIPPED[backend % len(SHIPPED)])
    told = read(stream, LIMITS.request_head, LIMITS.request_body)
    asked = [each.request for each in told.arrived]
    methods = [request.method for request in asked]
    said, served = stage.hear([stream])
    found = list(answers(said, methods))
    _check_number(found, told, served)
    _check_peer(stream, found, told)
    assert told.waits <= (b" 100 Continue\r\n" in said or _ended(found)), "who waits for 100 (Continue) hears nothing"
    for answer, request in zip(found, chain(asked, repeat(NOBODYS)), strict=False):
        _check_answer(answer, request)
    if step := size % 64:
        said, _ = stage.hear([stream[at : at + step] for at in range(0, len(stream), step)])
        _check_pieces(found, methods, said, expects=b"100-continue" in stream.lower())


def _ended(found: list[Said]) -> bool:
    return bool(found) and found[-1].headers.get(b"connection") == b"close"


def _check_number(found: list[Said], told: Read, served: list[Served]) -> None:
    """Each request has one answer, and so has what follows them and is none; less only where the connection ended."""
    owed = len(told.arrived) + told.refused
    assert len(found) == owed or (len(found) < owed and _ended(found)), f"{len(found)} answers, {owed} owed"
    assert [each.status for each in served if each.reason != "caller_gone"] == [each.status for each in found]
    for each in served:
        assert each.status < 500 or each.reason in ALLOWED_5XX, f"{each.status}: {each.reason}"


def _check_peer(stream: bytes, found: list[Said], told: Read) -> None:
    """Another reader finds the same requests at the same places, and all that were answered with success."""
    other = read_by_h11(stream)
    for ours, theirs in zip(told.arrived, other, strict=False):
        request = ours.request
        path, _, query = theirs.target.partition("?")
        assert (request.method, request.path, request.query) == (theirs.method, path, query), (ours, theirs)
        if request.method == "CONNECT" or request.values(b"upgrade"):
            break  # no protocol is switched to, and what follows the head is dropped
        assert ours.too_large or request.body == theirs.body, (ours, theirs)
    succeeded = [index for index, answer in enumerate(found) if answer.status == 200]
    assert not succeeded or succeeded[-1] < len(other), "served what another reader takes for no request"


def _check_answer(answer: Said, request: Request) -> None:
    """The answer is in the dialect that its path belongs to, or in none."""
    assert re.fullmatch(rb"[A-Za-z0-9._-]{1,64}", answer.headers[b"x-request-id"])
    if request.method == "HEAD":
        return
    media, tree = answer.headers[b"content-type"].decode(), strict_json(answer.body)
    path = "/".join(unquote(segment) for segment in request.path.split("/"))
    shapes = next((shapes for root, shapes in SHAPES.items() if f"{path}/".startswith(f"{root}/")), None)
    if shapes is None:
        assert (media, set(tree) in NO_DIALECT, answer.status >= 400) == ("application/problem+json", True, True), (
            answer
        )
    else:
        assert (media, set(tree) in shapes) == ("application/json", True), answer
        assert (set(tree) == shapes[0]) is (answer.status == 200), answer


def _check_pieces(found: list[Said], methods: list[str], said: bytes, *, expects: bool) -> None:
    """It does not matter in which pieces a request comes.

    But for how soon a head is seen to be too large, and whether a caller who expects 100 (Continue) waited for it.
    """
    again = list(answers(said, methods))
    if b"limits.request_head is" in said:
        return
    number = min(len(found), len(again)) if expects else max(len(found), len(again))
    one, other = (
        [(each.status, each.body if each.status == 200 else b"") for each in all_[:number]] for all_ in (found, again)
    )
    assert one == other, (one, other)


def _seeds() -> Iterator[bytes]:
    streams = [framed([*lines[:1], "Host: a", *lines[1:]], body) for lines, body in messages("caller asks")]
    hostile = yaml.safe_load((ROOT / "tests/promises/hostile/requests.yaml").read_text(encoding="utf-8"))
    streams += [_written(text) for cases in hostile["refused"].values() for text in cases.values()]
    streams += [_written(text) for _, text in hostile["served"].values()]
    streams += [path.read_bytes() for path in sorted(CORPORA.glob("gunicorn-requests/**/*.http"))]
    for index, stream in enumerate(streams):
        yield b"%d %d\n%b" % (index % len(SHIPPED), index % 5 * 7, stream)


def _written(text: str) -> bytes:
    """The bytes of a hostile case."""
    key = "Authorization: Bearer kR7mW2xQ9vTn4LsZ8bYc\r\n"
    target = f"/public/{SCOPE}/jobs"
    head = f"GET {target} HTTP/1.1\r\nHost: a\r\n{key}"
    for word, meaning in {"{TARGET}": target, "{KEY}": key, "{HEAD}": head}.items():
        text = text.replace(word, meaning)
    return text.encode("latin-1")


WORDS: Final = (*words("callers"), b"a:\r\n" * 101)
TARGET: Final = Target(check, _seeds, WORDS)
