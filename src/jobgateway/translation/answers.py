"""The bodies of success, compiled: typed envelopes round jobs, read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct

from jobgateway.translation.generate import Known, Leaf, constant, function, reader, writer
from jobgateway.translation.hub import Job, ListJobs, Page, Window
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
    parts: Callable[[Any], tuple[Any, int, int | None, int | None]]
    """Content, result code, total and size."""


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
        function("parts", ["w"], ", ".join(take[name] for name in ("content", "code", "total", "size")), {}),
    )


class ListCodec(Struct, frozen=True):
    """The answer to a list."""

    envelope: Envelope
    record: Record
    row: msgspec.json.Decoder[Any]
    encode: Callable[[Sequence[Any], int | None, Window | None], bytes]
    """The body of rows that are ready to be encoded, of a total, and of the window that was asked for."""

    def read(self, body: bytes, *, keep_source: bool) -> tuple[int, Page]:
        """Result code and page. Raises ``msgspec`` errors of a body that does not fit, ``KeyError`` of a status."""
        if keep_source:
            return self._read_raw(body)
        read = self.record.read
        return self.read_rows(body, lambda rows: [read(row, None) for row in rows])

    def read_rows(self, body: bytes, rewrite: Callable[[Iterable[Any]], Iterable[Any]]) -> tuple[int, Page]:
        """The same, with what ``rewrite`` makes of the rows as they are decoded."""
        rows, code, total, size = self.envelope.parts(self.envelope.typed.decode(body))
        return code, Page(tuple(rewrite(rows or ())), total, size)

    def _read_raw(self, body: bytes) -> tuple[int, Page]:
        msgspec.json.decode(body)  # a raw part is handed on: all of the body must be strict JSON
        raws, code, total, size = self.envelope.parts(self.envelope.raw.decode(body))
        read, decode = self.record.read, self.row.decode
        return code, Page(tuple([read(decode(raw), raw) for raw in raws or ()]), total, size)

    def write(self, call: ListJobs, page: Page) -> bytes:
        """The body of a page."""
        jobs = page.jobs
        if jobs and jobs[0].source is not None:
            rows: list[Any] = [job.source for job in jobs]
        else:
            write = self.record.write
            rows = [write(job) for job in jobs]
        return self.encode(rows, page.total, call.window)


class JobCodec(Struct, frozen=True):
    """An answer that shows one job."""

    envelope: Envelope
    record: Record
    row: msgspec.json.Decoder[Any]
    encode: Callable[[Any], bytes]
    """The body of a job that is ready to be encoded."""

    def read(self, body: bytes, *, keep_source: bool) -> tuple[int, Job]:
        """Result code and job. Raises as ``ListCodec.read`` does."""
        envelope = self.envelope
        if not keep_source:
            shown, code, _, _ = envelope.parts(envelope.typed.decode(body))
            return code, self.record.read(shown, None)
        msgspec.json.decode(body)  # as in a list
        raw, code, _, _ = envelope.parts(envelope.raw.decode(body))
        return code, self.record.read(self.row.decode(raw), raw)

    def write(self, job: Job) -> bytes:
        """The body that shows a job."""
        return self.encode(self.record.write(job) if job.source is None else job.source)


class DoneCodec(Struct, frozen=True):
    """An answer that says only whether it was done."""

    envelope: Envelope
    body: bytes
    """What is written: yes."""

    def read(self, body: bytes) -> tuple[int, bool]:
        """Result code, and whether it was done. Raises ``msgspec`` errors of a body that does not fit."""
        done, code, _, _ = self.envelope.parts(self.envelope.typed.decode(body))
        return code, done


def success_constants(answers: Answers) -> dict[str, Any]:
    """What every answer of success holds besides its content, by place."""
    return ({answers.code: SUCCESS} if answers.code else {}) | answers.constants


def _encode(answers: Answers, parameters: list[str], parts: Mapping[str, tuple[str | None, str]]) -> Callable[..., Any]:
    """A function from the parameters to a body; ``parts``: each part's place, if it has one, and its expression."""
    leaves: list[Leaf] = []
    values: dict[str, str | Known] = {}
    for index, (place, value) in enumerate(success_constants(answers).items()):
        leaves.append(Leaf(f"constant{index}", place, Any))
        values[f"constant{index}"] = constant(value)
    for name, (where, expression) in parts.items():
        if where is not None:
            leaves.append(Leaf(name, where, Any))
            values[name] = expression
    made = writer("Answer", leaves, values)
    return function("encoded", parameters, f"encode({made.expression})", {"encode": ENCODER.encode, **made.bound})


def compile_list(answers: Answers, record: Record) -> ListCodec:
    """The codec of a list's answer."""
    words: ListAnswer = answers.list
    kinds = (list[record.type], list[Raw])  # type: ignore[name-defined]
    envelope = _envelope(answers, words.jobs, kinds, optional=words.null_is_empty, listed=words)
    parts = {
        "jobs": (words.jobs, "rows"),
        "total": (words.total, "total"),
        "page": (words.page, "None if window is None else window.offset // window.limit + 1"),
        "size": (words.size, "None if window is None else window.limit"),
        "offset": (words.offset, "None if window is None else window.offset"),
    }
    encode = _encode(answers, ["rows", "total", "window"], parts)
    return ListCodec(envelope, record, msgspec.json.Decoder(record.type), encode)


def compile_job(answers: Answers, place: str, record: Record) -> JobCodec:
    """The codec of an answer with a job at a place."""
    envelope = _envelope(answers, place, (record.type, Raw))
    return JobCodec(
        envelope, record, msgspec.json.Decoder(record.type), _encode(answers, ["job"], {"job": (place, "job")})
    )


def compile_cancel(answers: Answers, record: Record) -> JobCodec | DoneCodec:
    """The codec of a cancel's answer: a job, or only whether it was done."""
    words: JobAnswer = answers.cancel
    if words.done is None:
        return compile_job(answers, words.job or "", record)
    envelope = _envelope(answers, words.done, (bool, bool))
    return DoneCodec(envelope, _encode(answers, ["done"], {"done": (words.done, "done")})(True))
