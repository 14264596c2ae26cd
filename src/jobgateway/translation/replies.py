"""Replies, two-way: pages, jobs, done and refusals to and from answers in HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from jobgateway.translation.answers import (
    SUCCESS,
    DoneCodec,
    JobCodec,
    ListCodec,
    compile_cancel,
    compile_job,
    compile_list,
    success_constants,
)
from jobgateway.translation.codecs import status_codec
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
)
from jobgateway.translation.mismatch import refuse_mismatch
from jobgateway.translation.record import compile_record
from jobgateway.translation.refusals import Refusals, compile_refusals
from jobgateway.translation.spec import Spec
from jobgateway.translation.wire import Response

OK: Final = 200
_USUAL_JSON: Final = frozenset({"application/json", "application/json; charset=utf-8"})
"""Spared the work of being taken apart."""
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError)
"""What reading a body may raise; ``msgspec.ValidationError`` is a ``DecodeError``."""


class Replies(Struct, frozen=True):
    """How one dialect answers."""

    list: ListCodec
    get: JobCodec
    cancel: JobCodec | DoneCodec
    refusals: Refusals

    def read(self, call: Call, response: Response, *, keep_source: bool) -> Reply:
        """What a backend's answer says; one that does not fit is a refusal that blames the backend."""
        operation = call.operation
        if response.status != OK:
            return self.refusals.read(operation, response)
        if not _is_json(response.media):
            return Refusal(Reason.BACKEND_FAILED, "the backend's answer is not JSON by its Content-Type")
        try:
            code, reply = self._read_success(operation, response.body, keep_source=keep_source)
        except _UNREADABLE as error:
            return self.refusals.recognise(operation, response) or refuse_mismatch(error, response.body)
        return reply if code == SUCCESS else self._coded(operation, response, code)

    def read_rows(self, call: ListJobs, response: Response, rewrite: Callable[[Iterable[Any]], Iterable[Any]]) -> Reply:
        """The same of a list, with what ``rewrite`` makes of the rows as they are decoded instead of jobs."""
        if response.status != OK or not _is_json(response.media):
            return self.read(call, response, keep_source=False)
        try:
            code, page = self.list.read_rows(response.body, rewrite)
        except _UNREADABLE:
            return self.read(call, response, keep_source=False)
        return page if code == SUCCESS else self._coded(Operation.LIST, response, code)

    def _coded(self, operation: Operation, response: Response, code: int) -> Refusal:
        known = self.refusals.recognise(operation, response)
        return known or Refusal(Reason.BACKEND_FAILED, f"the backend answered with the unknown code {code}")

    def _read_success(self, operation: Operation, body: bytes, *, keep_source: bool) -> tuple[int, Reply]:
        if operation is Operation.GET:
            return self.get.read(body, keep_source=keep_source)
        if operation is Operation.LIST:
            return self.list.read(body, keep_source=keep_source)
        if isinstance(self.cancel, JobCodec):
            return self.cancel.read(body, keep_source=keep_source)
        code, done = self.cancel.read(body)
        return code, Done() if done else Refusal(Reason.NOT_CANCELLABLE)

    def write(self, call: Call | None, reply: Reply, profile: str) -> Response:
        """The answer that says a reply to a call; ``call`` is ``None`` where none was understood.

        Raises ``TypeError`` of a reply that is none to this call.
        """
        if type(reply) is Refusal:
            return self.refusals.write(reply, None if call is None else call.operation, profile)
        return Response(OK, self._write_success(call, reply))

    def _write_success(self, call: Call | None, reply: Page | Job | Done) -> bytes:
        if type(call) is ListJobs and type(reply) is Page:
            return self.list.write(call, reply)
        if type(call) is GetJob and type(reply) is Job:
            return self.get.write(reply)
        if isinstance(call, CancelJob) and isinstance(self.cancel, DoneCodec) and not isinstance(reply, Page):
            return self.cancel.body
        if isinstance(call, CancelJob) and isinstance(self.cancel, JobCodec) and isinstance(reply, Job):
            return self.cancel.write(reply)
        raise TypeError(f"{type(reply).__name__} is no reply to {type(call).__name__}")


def _is_json(media: str) -> bool:
    if media in _USUAL_JSON:
        return True
    kind = media.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def compile_replies(spec: Spec) -> Replies:
    """A spec's answers."""
    statuses = status_codec(spec.statuses)
    detail = compile_record(spec.job, statuses, detail=True)
    return Replies(
        list=compile_list(spec.answers, compile_record(spec.job, statuses, detail=False)),
        get=compile_job(spec.answers, spec.answers.get.job or "", detail),
        cancel=compile_cancel(spec.answers, detail),
        refusals=compile_refusals(spec, success=success_constants(spec.answers)),
    )
