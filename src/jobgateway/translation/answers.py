"""The bodies of success, compiled: typed envelopes round jobs, read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct

from jobgateway.translation.generate import Leaf, function, reader, writer
from jobgateway.translation.hub import Job, ListJobs, Page
from jobgateway.translation.record import Record
from jobgateway.translation.spec import Answers, JobAnswer, ListAnswer

Count = Annotated[int, Meta(ge=0)]
SUCCESS: Final = 0
ENCODER: Final = msgspec.json.Encoder()


class Envelope(Struct, frozen=True):
    """An envelope to read: what it decodes into, and how its parts are taken from that."""

    typed: msgspec.json.Decoder[Any]
    raw: msgspec.json.Decoder[Any]
    """The same, with each job's object left as it came."""
    content: Callable[[Any], Any]
    code: Callable[[Any], int]
    total: Callable[[Any], int | None]
    size: Callable[[Any], int | None]


def _envelope(
    answers: Answers, place: str, kinds: tuple[Any, Any], *, optional: bool = False, listed: ListAnswer | None = None
) -> Envelope:
    """An envelope with its content at a place, typed as the first kind or raw as the second."""
    extras = [Leaf("code", answers.code, int)] if answers.code else []
    if listed is not None:
        extras += [Leaf("total", listed.total, Count)] if listed.total else []
        extras += [Leaf("size", listed.size, Count, optional=True)] if listed.size else []
    typed, raw = (reader("Answer", [*extras, Leaf("content", place, kind, optional)]) for kind in kinds)
    take: Mapping[str, str] = {"code": str(SUCCESS), "total": "None", "size": "None", **typed.access}
    return Envelope(
        msgspec.json.Decoder(typed.type),
        msgspec.json.Decoder(raw.type),
        *(function(name, ["w"], take[name], {}) for name in ("content", "code", "total", "size")),
    )


class ListCodec(Struct, frozen=True):
    """The answer to a list."""

    envelope: Envelope
    record: Record
    row: msgspec.json.Decoder[Any]
    shape: Callable[..., Any]

    def read(self, body: bytes, *, keep_source: bool) -> tuple[int, Page]:
        """Result code and page. Raises ``msgspec`` errors of a body that does not fit, ``KeyError`` of a status."""
        if keep_source:
            answer, jobs = self._read_raw(body)
        else:
            answer = self.envelope.typed.decode(body)
            read = self.record.read
            jobs = [read(row, None) for row in self.envelope.content(answer) or ()]
        envelope = self.envelope
        return envelope.code(answer), Page(tuple(jobs), envelope.total(answer), envelope.size(answer))

    def read_rows(self, body: bytes) -> tuple[int, tuple[Any, ...], int | None, int | None]:
        """Result code, rows as they are decoded, total and size. Raises ``msgspec`` errors of what does not fit."""
        envelope = self.envelope
        answer = envelope.typed.decode(body)
        rows = tuple(envelope.content(answer) or ())
        return envelope.code(answer), rows, envelope.total(answer), envelope.size(answer)

    def _read_raw(self, body: bytes) -> tuple[Any, list[Job]]:
        msgspec.json.decode(body)  # a raw part is handed on: all of the body must be strict JSON
        answer = self.envelope.raw.decode(body)
        read, decode = self.record.read, self.row.decode
        return answer, [read(decode(raw), raw) for raw in self.envelope.content(answer) or ()]

    def write(self, call: ListJobs, page: Page) -> bytes:
        """The body of a page."""
        jobs = page.jobs
        if jobs and jobs[0].source is not None:
            rows: list[Any] = [job.source for job in jobs]
        else:
            write = self.record.write
            rows = [write(job) for job in jobs]
        return self.write_rows(call, rows, page.total)

    def write_rows(self, call: ListJobs, rows: list[Any], total: int | None) -> bytes:
        """The body of a page whose rows are ready to be encoded."""
        window = call.window
        if window is None:
            return ENCODER.encode(self.shape(rows, total, None, None, None))
        number = window.offset // window.limit + 1
        return ENCODER.encode(self.shape(rows, total, number, window.limit, window.offset))


class JobCodec(Struct, frozen=True):
    """An answer that shows one job."""

    envelope: Envelope
    record: Record
    row: msgspec.json.Decoder[Any]
    shape: Callable[..., Any]

    def read(self, body: bytes, *, keep_source: bool) -> tuple[int, Job]:
        """Result code and job. Raises as ``ListCodec.read`` does."""
        if not keep_source:
            answer = self.envelope.typed.decode(body)
            return self.envelope.code(answer), self.record.read(self.envelope.content(answer), None)
        msgspec.json.decode(body)  # as in a list
        answer = self.envelope.raw.decode(body)
        raw = self.envelope.content(answer)
        return self.envelope.code(answer), self.record.read(self.row.decode(raw), raw)

    def write(self, job: Job) -> bytes:
        """The body that shows a job."""
        return ENCODER.encode(self.shape(job.source if job.source is not None else self.record.write(job)))


class DoneCodec(Struct, frozen=True):
    """An answer that says only whether it was done."""

    envelope: Envelope
    body: bytes
    """What is written: yes."""

    def read(self, body: bytes) -> tuple[int, bool]:
        """Result code, and whether it was done. Raises ``msgspec`` errors of a body that does not fit."""
        answer = self.envelope.typed.decode(body)
        return self.envelope.code(answer), self.envelope.content(answer)


def success_constants(answers: Answers) -> dict[str, Any]:
    """What every answer of success holds besides its content, by place."""
    return ({answers.code: SUCCESS} if answers.code else {}) | answers.constants


def _shape(answers: Answers, parts: Mapping[str, str | None]) -> Callable[..., Any]:
    """A function from the parts, in their order, to what is encoded."""
    constants = success_constants(answers)
    bound = {f"constant{index}": value for index, value in enumerate(constants.values())}
    leaves = [Leaf(name, place, Any) for name, place in zip(bound, constants, strict=True)]
    leaves += [Leaf(name, place, Any) for name, place in parts.items() if place is not None]
    made = writer("Answer", leaves, {leaf.name: leaf.name for leaf in leaves})
    return function("shape", list(parts), made.expression, {**bound, **made.bound})


def compile_list(answers: Answers, record: Record) -> ListCodec:
    """The codec of a list's answer."""
    words: ListAnswer = answers.list
    kinds = (list[record.type], list[Raw])  # type: ignore[name-defined]
    envelope = _envelope(answers, words.jobs, kinds, optional=words.null_is_empty, listed=words)
    parts = {"jobs": words.jobs, "total": words.total, "page": words.page, "size": words.size, "offset": words.offset}
    return ListCodec(envelope, record, msgspec.json.Decoder(record.type), _shape(answers, parts))


def compile_job(answers: Answers, place: str, record: Record) -> JobCodec:
    """The codec of an answer with a job at a place."""
    envelope = _envelope(answers, place, (record.type, Raw))
    return JobCodec(envelope, record, msgspec.json.Decoder(record.type), _shape(answers, {"job": place}))


def compile_cancel(answers: Answers, record: Record) -> JobCodec | DoneCodec:
    """The codec of a cancel's answer: a job, or only whether it was done."""
    words: JobAnswer = answers.cancel
    if words.done is None:
        return compile_job(answers, words.job or "", record)
    envelope = _envelope(answers, words.done, (bool, bool))
    return DoneCodec(envelope, ENCODER.encode(_shape(answers, {"done": words.done})(True)))
