"""Target: what a backend answers, as it is read in every dialect, written in every other, and joined without a hub.

The first line of an input is a status, and a caller's and a call's number; the second the Content-Type; then the body.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from http import HTTPStatus
from itertools import product
from typing import Any, Final

from msgspec.structs import replace

from fuzz.dialects import dialects
from fuzz.exchange import CORPORA, ROOT, messages
from fuzz.parrot import LIMITS, ask
from fuzz.strict import strict_json
from fuzz.stub import SCOPE
from fuzz.target import Target, numbers
from fuzz.words import words
from jobgateway.mock.population import population
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.fusion import Bundled, Fusion, fuse
from jobgateway.translation.hub import (
    Call,
    CancelJob,
    Done,
    GetJob,
    Job,
    ListJobs,
    Operation,
    Page,
    Reason,
    Refusal,
    Reply,
    Window,
)
from jobgateway.translation.wire import Response

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
        if isinstance(reply, Refusal):
            _check_refusal(call.operation, reply)
        elif not isinstance(reply, Done):
            for caller in dialects().values():
                _check_written(caller, call, reply)
        if isinstance(call, ListJobs):
            for name in dialects():
                _check_fused(_fusion(backend.name, name), call, response, reply)
        _check_kept(backend, call, response, reply)


@lru_cache(maxsize=1000)  # most answers are refused in the same few words
def _check_refusal(operation: Operation, refusal: Refusal) -> None:
    """A refusal can be said in each dialect, and says nothing that has no place on a line."""
    assert not re.search(r"[\0-\x1f\x7f]", refusal.detail), refusal
    assert len(refusal.detail) < 500, refusal
    call = next(call for call in CALLS if call.operation is operation)
    for caller in dialects().values():
        _check_written(caller, call, refusal)


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


def _check_gateway(caller: str, backend: str, call: Call, response: Response) -> None:
    """A gateway over a backend that always answers this asks a bounded number of times, and answers its caller."""
    exchange = ask(caller, backend, call, response)
    assert exchange.reason not in _OURS, exchange
    assert 1 <= exchange.calls <= LIMITS.calls or exchange.reason is Reason.UNSUPPORTED, exchange
    if "json" in exchange.response.media:
        strict_json(exchange.response.body)


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
    jobs = population(36, seed=7)
    for spoken, start in product(dialects().values(), range(0, len(jobs), 2)):
        page = Page(tuple(jobs[start : start + 2]), start, 2)
        yield "200", "application/json", spoken.write_reply(CALLS[0], page, spoken.spec.profiles[0]).body
        yield "200", "application/json", spoken.write_reply(CALLS[2], jobs[start], spoken.spec.profiles[0]).body
    for path in CORPORA.glob("JSONTestSuite/cases.jsonl"):
        for case in path.read_text(encoding="utf-8").splitlines()[::3]:
            yield "200", "application/json", _within(base64.b64decode(json.loads(case)["bytes_base64"]))


def _within(member: bytes) -> bytes:
    """Somebody's JSON as a member of a job that nobody knows."""
    example = json.dumps(dialects()["openreplay-v2"].spec.examples[0]).encode()
    return b'{"data":[%b,"zzz":%b}]}' % (example[:-1], member)


WORDS: Final = words("replies")
TARGET: Final = Target(check, _seeds, WORDS, largest=8192)
