"""Target: what a backend answers, as it is read in every dialect, written in every other, and joined without a hub.

The first line of an input is a status, and a caller's and a call's number; the second the Content-Type; then the body.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from itertools import product
from typing import Any, Final

from msgspec.structs import replace

from fuzz.dialects import dialects
from fuzz.exchange import CORPORA, ROOT, messages
from fuzz.loop import run
from fuzz.strict import strict_json
from fuzz.stub import SCOPE
from fuzz.target import Target, numbers
from fuzz.words import words
from jobgateway.backends.backend import Backend
from jobgateway.config.model import Backend as Settings
from jobgateway.config.model import Config, Limits, Route
from jobgateway.gateway import Gateway
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.fusion import Bundled, Fusion, fuse
from jobgateway.translation.hub import (
    Call,
    CancelJob,
    Done,
    GetJob,
    Job,
    ListJobs,
    Page,
    Reason,
    Refusal,
    Reply,
    Window,
)
from jobgateway.translation.wire import Request, Response

CALLS: Final[tuple[Call, ...]] = (
    ListJobs(SCOPE, Window(20, 10), counted=True),
    ListJobs(SCOPE),
    GetJob(SCOPE, 3451),
    CancelJob(SCOPE, 3451),
)
_FITTING: Final[dict[type[Call], tuple[type, ...]]] = {
    ListJobs: (Page, Refusal),
    GetJob: (Job, Refusal),
    CancelJob: (Job, Done, Refusal),
}
_OURS: Final = {Reason.INTERNAL, Reason.CALLER_LATE, Reason.BAD_REQUEST, Reason.NO_PATH, Reason.NO_METHOD}
"""Reasons that no answer of a backend's can bring about: they are the gateway's, or the caller's, own."""
LIMITS: Final = Limits(rows=50, calls=5)
"""Low, so that an answer that is always the same soon comes to them."""


def check(data: bytes) -> None:
    """What must hold of all that a backend can say."""
    line, _, rest = data.partition(b"\n")
    media, _, body = rest.partition(b"\n")
    status, caller, call = numbers(line, 3)
    response = Response(200 + (status - 200) % 400, body, media.decode("latin-1"))
    check_response(response)
    names = list(dialects())
    for backend in names:
        _check_gateway(names[caller % len(names)], backend, CALLS[call % len(CALLS)], response)


def check_response(response: Response) -> None:
    """An answer, read by each dialect as an answer to each call."""
    for backend, call in product(dialects().values(), CALLS):
        reply = backend.read_reply(call, response)
        assert isinstance(reply, _FITTING[type(call)]), reply
        _check_words(reply)
        for caller in dialects().values():
            if reply.__class__ is not Done:
                _check_written(caller, call, reply)
        if isinstance(call, ListJobs):
            for caller in dialects().values():
                _check_fused(_fusion(backend.name, caller.name), call, response, reply)
        _check_kept(backend, call, response, reply)


def _check_words(reply: Reply) -> None:
    """A refusal says nothing that has no place on a line."""
    if isinstance(reply, Refusal):
        assert not re.search(r"[\0-\x1f\x7f]", reply.detail), reply
        assert len(reply.detail) < 500, reply


def _check_written(caller: Dialect, call: Call, reply: Reply) -> Response:
    """A reply can be said in a dialect, in JSON that the strictest reader takes."""
    reason = reply.reason if isinstance(reply, Refusal) else None
    written = [caller.write_reply(call, reply, profile) for profile in caller.spec.profiles]
    for each in written:
        assert HTTPStatus(each.status)
        assert (each.status == HTTPStatus.OK) is (reason is None) or reason is Reason.NO_JOB, each
        if "json" in each.media:
            strict_json(each.body)
        else:
            assert not each.body or each.media == "text/plain; charset=utf-8", each
    return written[0]


def _check_kept(backend: Dialect, call: Call, response: Response, reply: Reply) -> None:
    """For a caller of the backend's own dialect each job stays as it came, and means what it meant."""
    kept = backend.read_reply(call, response, keep_source=True)
    if isinstance(kept, Refusal):
        # What is handed on as it came has to be strict JSON to its last number, known to anybody or not.
        assert isinstance(reply, Refusal) or kept.reason is Reason.BACKEND_FAILED, (kept, reply)
        return
    assert _bare(kept) == _bare(reply), (kept, reply)
    assert _bare(backend.read_reply(call, _check_written(backend, call, kept))) == _bare(kept), kept


def _bare(reply: Reply) -> Any:
    """The jobs of a reply without their sources."""
    if isinstance(reply, Page):
        return [replace(job, source=None) for job in reply.jobs], reply.total
    return replace(reply, source=None) if isinstance(reply, Job) else reply


@cache
def _fusion(backend: str, caller: str) -> Fusion | None:
    return fuse(dialects()[backend], dialects()[caller])


def _check_fused(fusion: Fusion | None, call: ListJobs, response: Response, reply: Reply) -> None:
    """Two dialects that are joined give, byte by byte, what they give through the hub."""
    if fusion is None:
        return
    rows = fusion.read(call, response)
    if not isinstance(reply, Page):
        assert rows == reply, (rows, reply)
        return
    assert isinstance(rows, Page), rows
    assert (rows.total, rows.size, [row.id for row in rows.jobs]) == (
        reply.total,
        reply.size,
        [job.id for job in reply.jobs],
    )
    expected = fusion.caller.write_reply(call, reply, fusion.caller.spec.profiles[0])
    assert fusion.write(call, rows) == expected, (fusion.write(call, rows), expected)
    bundled = Bundled()
    for start in range(0, len(rows.jobs), 2):
        bundled.extend(rows.jobs[start : start + 2])
    assert fusion.write(call, replace(rows, jobs=tuple(bundled))) == expected


class _Constant:
    """A transport that always answers the same."""

    def __init__(self) -> None:
        self.response = Response(200)

    async def send(self, request: Request) -> Response:  # noqa: ARG002, whatever it asks
        """The answer."""
        return self.response

    async def aclose(self) -> None:
        """Nothing is open."""


@cache
def _gateway(caller: str, backend: str) -> tuple[Gateway, _Constant]:
    scope = None if dialects()[backend].spec.scope.field else SCOPE
    settings = Settings(name="only", dialect=backend, url="http://127.0.0.1", scope=scope)
    specs = {name: each.spec for name, each in dialects().items()}
    route = Route(caller, "only", specs[caller].profiles[0])
    config = Config(backends={"only": settings}, routes=(route,), specs=specs, limits=LIMITS)
    constant = _Constant()
    return Gateway(config, {"only": Backend("only", dialects()[backend], constant, 10.0, None)}), constant


def _check_gateway(caller: str, backend: str, call: Call, response: Response) -> None:
    """A gateway over a backend that always answers this asks a bounded number of times, and answers its caller."""
    gateway, constant = _gateway(caller, backend)
    constant.response = response
    spoken = dialects()[caller]
    credential = spoken.write_secret("k")
    assert credential is not None
    asked = spoken.write_call(_sayable(spoken, call))
    exchange = run(gateway.answer(replace(asked, headers=((b"host", b"a"), credential))))
    assert exchange.reason not in _OURS, exchange
    assert 1 <= exchange.calls <= LIMITS.calls or exchange.reason is Reason.UNSUPPORTED, exchange
    if "json" in exchange.response.media:
        strict_json(exchange.response.body)


def _sayable(spoken: Dialect, call: Call) -> Call:
    """The call without what the dialect has no words for."""
    if isinstance(call, ListJobs):
        scoped = all("{scope}" in each.path for each in spoken.spec.operations.list)
        return ListJobs(SCOPE if scoped else None, (call.window or Window(0, 10)) if spoken.spec.paging else None)
    return call


def _seeds() -> Iterator[bytes]:
    for index, (status, media, body) in enumerate(_said()):
        yield f"{status} {index % 3} {index % len(CALLS)}\n{media}\n".encode() + body


def _said() -> Iterator[tuple[str, str, bytes]]:
    """Status, Content-Type and body of answers."""
    for path in sorted(ROOT.glob("tests/documents/*.json")):
        yield "200", "application/json", path.read_bytes()
    for lines, body in messages("backend answers"):
        media = [line.partition(": ")[2] for line in lines if line.lower().startswith("content-type: ")]
        yield lines[0].split(" ")[1], "".join(media), body
    for spoken in dialects().values():
        page = Page(tuple(map(spoken.read_example, spoken.spec.examples)), 9, 2)
        yield "200", "application/json", spoken.write_reply(CALLS[0], page, spoken.spec.profiles[0]).body
    for path in CORPORA.glob("JSONTestSuite/cases.jsonl"):
        for case in path.read_text(encoding="utf-8").splitlines():
            yield "200", "application/json", _within(base64.b64decode(json.loads(case)["bytes_base64"]))


def _within(member: bytes) -> bytes:
    """Somebody's JSON as a member of a job that nobody knows."""
    example = json.dumps(dialects()["openreplay-v2"].spec.examples[0]).encode()
    return b'{"data":[%b,"zzz":%b}]}' % (example[:-1], member)


WORDS: Final = words("replies")
TARGET: Final = Target(check, _seeds, WORDS, largest=8192)
