"""Whether a spec is sound: every word reaches something, every vocabulary is whole, every example fits.

Each problem is a pair of the dotted path of the word in the spec, and what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from jobgateway.translation.answers import compile_cancel, compile_job, compile_list
from jobgateway.translation.checks_session import check_session, endpoint_of
from jobgateway.translation.codecs import status_codec
from jobgateway.translation.hub import Job, Status, Task, Wanted
from jobgateway.translation.record import compile_record
from jobgateway.translation.refusals import ambiguities
from jobgateway.translation.spec import Carrier, Endpoint, JobField, Spec, TaskField

Problem = tuple[str, str]

_NUMBERS: Final = frozenset({"integer"})
_TEXTS: Final = frozenset({"text"})
_TIMES: Final = frozenset({"millis", "iso"})
CODECS_OF: Final[dict[str, frozenset[str]]] = {
    "id": _NUMBERS,
    "title": _TEXTS,
    "status": frozenset({"status"}),
    "project_id": _NUMBERS,
    "action": _TEXTS,
    "reference_id": _TEXTS,
    "workflow_id": _TEXTS,
    "workflow_name": _TEXTS,
    "created_at": _TIMES,
    "updated_at": _TIMES,
    "starts_at": _TIMES,
    "began_at": _TIMES,
    "ended_at": _TIMES,
    "errors": _TEXTS,
    "tasks": frozenset({"tasks"}),
}
"""The codecs that can say each field of a job."""
_TASK_CODECS: Final[dict[str, frozenset[str]]] = {
    "id": _TEXTS,
    "name": _TEXTS,
    "status": frozenset({"status"}),
    "began_at": frozenset({"rfc3339"}),
    "ended_at": frozenset({"rfc3339"}),
}
_CONDITION_CODECS: Final[dict[str, frozenset[str]]] = {
    "title": _TEXTS,
    "statuses": frozenset({"status"}),
    "created_from": _TIMES,
    "created_to": _TIMES,
}
_REQUIRED: Final = ("id", "title", "status")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]+|\{scope\}|\{id\}")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2."""


class SpecError(Exception):
    """A spec that is not sound; ``problems`` has all that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{path}: {problem}" for path, problem in problems))
        self.problems = problems


def problems_of(spec: Spec) -> list[Problem]:
    """Everything that is wrong with a spec; what depends on sound parts is looked at only then."""
    found = [
        *_check_credential(spec),
        *_check_operations(spec),
        *_check_statuses(spec),
        *_check_job(spec),
        *_check_paging(spec),
        *_check_filter(spec),
        *_check_refusals(spec),
    ]
    return found or [*check_session(spec), *_check_places(spec), *_check_examples(spec)]


def _check_credential(spec: Spec) -> Iterator[Problem]:
    for index, carrier in enumerate((spec.credential.written, *spec.credential.also_read)):
        path = "credential.written" if index == 0 else f"credential.also_read[{index - 1}]"
        yield from ((path, problem) for problem in _carrier_problems(carrier))


def _carrier_problems(carrier: Carrier) -> Iterator[str]:
    if (carrier.header is None) == (carrier.cookie is None):
        yield "a carrier is either a header or a cookie"
    if carrier.scheme is not None and carrier.header is None:
        yield "only a header has a scheme"
    if carrier.header is not None and carrier.header != carrier.header.lower():
        yield "header names are written in lower case"
    for name in (carrier.header, carrier.scheme, carrier.cookie):
        if name is not None and not _TOKEN.fullmatch(name):
            yield f"{name!r} is not a token (RFC 9110 section 5.6.2)"


def _check_operations(spec: Spec) -> Iterator[Problem]:
    listed = spec.operations.list
    if not listed:
        yield "operations.list", "a list needs a path"
    for index, endpoint in enumerate(listed):
        yield from _check_endpoint(f"operations.list[{index}]", endpoint, has_id=False)
    if len({"{scope}" in endpoint.path for endpoint in listed}) != len(listed):
        yield "operations.list", "a list has at most one path with a scope and one without"
    yield from _check_endpoint("operations.get", spec.operations.get, has_id=True)
    yield from _check_endpoint("operations.cancel", spec.operations.cancel, has_id=True)
    if (login := endpoint_of(spec)) is not None:
        yield from _check_endpoint("session", login, has_id=False)
    if spec.scope.field is not None and CODECS_OF.get(spec.scope.field) != _TEXTS:
        yield "scope.field", f"{spec.scope.field!r} is no field of a job that holds a text"
    elif spec.scope.field is not None and spec.scope.field not in spec.job:
        yield "scope.field", f"the table of the job does not say where {spec.scope.field!r} stands"


def _check_endpoint(path: str, endpoint: Endpoint, *, has_id: bool) -> Iterator[Problem]:
    first, *segments = endpoint.path.split("/")
    if first or not segments or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        yield f"{path}.path", f"{endpoint.path!r} is not a path of plain segments, {{scope}} and {{id}}"
    if segments.count("{id}") != int(has_id) or segments.count("{scope}") > 1:
        yield f"{path}.path", f"{{id}} stands {'once' if has_id else 'not at all'} in it, {{scope}} at most once"
    if segments and segments[0].startswith("{"):
        yield f"{path}.path", "the first segment is a literal: it tells dialects apart"
    for name, value in endpoint.headers.items():
        if not _TOKEN.fullmatch(name) or name != name.lower() or not value.isprintable() or not value.isascii():
            yield f"{path}.headers", f"{name!r} is not a header in lower case with a printable value"


def _check_statuses(spec: Spec) -> Iterator[Problem]:
    said: dict[Status, int] = dict.fromkeys(Status, 0)
    words: dict[str | int, Status] = {}
    for status, entry in spec.statuses.items():
        for each in (status, *entry.also_written_for):
            said[each] += 1
        for word in (entry.word, *entry.also_read):
            if words.setdefault(word, status) is not status:
                yield f"statuses.{status}", f"{word!r} is the word of {words[word]} too"
    for status, times in said.items():
        if times != 1:
            yield "statuses", f"{status} has {'no word' if times == 0 else 'two words'}"


def _check_job(spec: Spec) -> Iterator[Problem]:
    for name in _REQUIRED:
        if name not in spec.job:
            yield "job", f"the field {name!r} is missing"
    for name, entry in spec.job.items():
        yield from _check_field(f"job.{name}", name, entry, CODECS_OF)
        if (entry.codec == "tasks") != (entry.each is not None):
            yield f"job.{name}", "`each` goes with the codec `tasks`, and only with it"
        for inner, task_field in (entry.each or {}).items():
            yield from _check_field(f"job.{name}.each.{inner}", inner, task_field, _TASK_CODECS)
        if entry.each is not None and not {"id", "name", "status"} <= entry.each.keys():
            yield f"job.{name}.each", "a task needs id, name and status"
        if name in _REQUIRED and (entry.nullable or entry.detail_only):
            yield f"job.{name}", "this field is always there"


def _check_field(
    path: str, name: str, entry: JobField | TaskField, codecs: dict[str, frozenset[str]]
) -> Iterator[Problem]:
    if name not in codecs:
        yield path, f"{name!r} is no field of a {'job' if codecs is CODECS_OF else 'task'}"
    elif entry.codec not in codecs[name]:
        yield f"{path}.codec", f"{entry.codec!r} cannot say {name!r}; {_either(codecs[name])} can"


def _check_paging(spec: Spec) -> Iterator[Problem]:
    if spec.paging is None:
        return
    size, start = spec.paging.size, spec.paging.start
    if size.largest is None or not 1 <= size.default <= size.largest:
        yield "paging.size", "there is a largest size, and the default is between 1 and it"
    if size.key == start.key:
        yield "paging.start.key", "size and start have the same key"
    if start.default != (1 if spec.paging.by == "page" else 0):
        yield "paging.start.default", "pages are numbered from 1, offsets from 0"


def _check_filter(spec: Spec) -> Iterator[Problem]:
    if spec.filter is None:
        return
    for name, condition in spec.filter.conditions.items():
        if name not in Wanted.__struct_fields__:
            yield f"filter.conditions.{name}", f"no such condition; known: {', '.join(Wanted.__struct_fields__)}"
        elif condition.codec not in _CONDITION_CODECS[name]:
            yield f"filter.conditions.{name}.codec", f"{_either(_CONDITION_CODECS[name])} can say this"
    keys = [condition.key for condition in spec.filter.conditions.values()]
    keys += [spec.filter.order.key] if spec.filter.order else []
    keys += [spec.paging.size.key, spec.paging.start.key] if spec.paging and spec.filter.within is None else []
    if len(keys) != len(set(keys)):
        yield "filter", "a key is used twice"
    for name in spec.filter.exact:
        if name not in spec.filter.conditions:
            yield "filter.exact", f"{name!r} is none of the conditions"


def _check_refusals(spec: Spec) -> Iterator[Problem]:
    if "main" not in spec.refusals.layouts:
        yield "refusals.layouts", "the layout 'main' is missing"
        return
    for reason, forms in spec.refusals.forms.items():
        for index, form in enumerate(forms):
            path = f"refusals.forms.{reason}[{index}]"
            if form.layout not in spec.refusals.layouts:
                yield f"{path}.layout", f"no layout is named {form.layout!r}"
            if form.profile is not None and form.profile not in spec.profiles:
                yield f"{path}.profile", f"no profile is named {form.profile!r}"
            if form.also_read and form.write_only:
                yield path, "neither read nor written"
            if form.starts is not None and not form.also_read:
                yield f"{path}.starts", "only reading knows how a text begins"
    for one, other in ambiguities(spec):
        yield f"refusals.forms.{other}", f"an answer would be read as {one} too; say which is `write_only`"


def _check_places(spec: Spec) -> Iterator[Problem]:
    statuses = status_codec(spec.statuses)
    if (spec.answers.cancel.job is None) == (spec.answers.cancel.done is None):
        yield "answers.cancel", "either the job's place or the place of done"
        return
    if spec.answers.get.job is None:
        yield "answers.get", "the job's place is missing"
        return
    try:
        record = compile_record(spec.job, statuses, detail=True)
        compile_list(spec.answers, compile_record(spec.job, statuses, detail=False))
        compile_job(spec.answers, spec.answers.get.job, record)
        compile_cancel(spec.answers, record)
    except ValueError as error:
        yield "answers" if "answers" in str(error) else "job", str(error)


def _check_examples(spec: Spec) -> Iterator[Problem]:
    statuses = status_codec(spec.statuses)
    try:
        record = compile_record(spec.job, statuses, detail=True)
    except ValueError:
        return
    for index, example in enumerate(spec.examples):
        path = f"examples[{index}]"
        try:
            job = record.read(msgspec.convert(example, record.type), None)
        except (msgspec.ValidationError, KeyError) as error:
            yield path, f"it does not fit the table of the job: {error}"
            continue
        written: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record.write(job)))
        if any(written.get(key) != value for key, value in example.items()):
            yield path, "written back, it is another"


def _either(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))


FIELDS: Final = tuple(name for name in Job.__struct_fields__ if name != "source")
"""The fields of a job that a dialect may say."""
assert set(FIELDS) == set(CODECS_OF), "every field of a job needs its codecs"  # noqa: S101 - holds at import or never
assert set(Task.__struct_fields__) == set(_TASK_CODECS), "so does every field of a task"  # noqa: S101
