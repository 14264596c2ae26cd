"""A spec's table of a job, compiled: typed structs on the wire, functions to and from the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from jobgateway.translation.codecs import WIRE_TYPES, IdNumber, StatusCodec, iso_of, millis_of, rfc3339_of
from jobgateway.translation.generate import Known, Leaf, Reader, constant, function, reader, writer
from jobgateway.translation.hub import Job, Task
from jobgateway.translation.spec import CodecName, JobField, TaskField


class Record(Struct, frozen=True):
    """How jobs are read and written in one place of a dialect: in a list, or in detail."""

    type: type[Struct]
    """What a job's object decodes into."""
    read: Callable[[Any, Any], Job]
    """The job of such an object, and its source. Raises ``KeyError`` of an unknown status word."""
    write: Callable[[Job], Any]
    """What to encode for a job. Total on the hub's domain."""
    fields: Mapping[str, JobField]
    access: Mapping[str, str]
    """Where each field is in what is decoded, written from ``w``."""
    statuses: StatusCodec


def compile_record(table: Mapping[str, JobField], statuses: StatusCodec, *, detail: bool) -> Record:
    """The record of a list's jobs, or of a job in detail."""
    fields = {name: entry for name, entry in table.items() if detail or not entry.detail_only}
    each = fields["tasks"].each if "tasks" in fields else None
    tasks = _TaskRecord.compile(each, statuses) if each else None
    shape = reader("Job", [_leaf(name, entry, statuses, tasks) for name, entry in fields.items()])
    tools = _tools(statuses, tasks)
    return Record(
        type=shape.type,
        read=_read_function(fields, shape, tools),
        write=_write_function(fields, tools),
        fields=fields,
        access=shape.access,
        statuses=statuses,
    )


class Fused(Struct, frozen=True):
    """How rows as a backend's are decoded become rows as a caller's are encoded, without a job between."""

    rewrite: Callable[[Iterable[Any]], list[Any]]
    """What writing each job read would give (a law). Raises ``KeyError`` of an unknown status word."""
    access: Mapping[str, str]
    """Where a row's fields are once it is rewritten, written from ``w``."""


def fuse_records(backend: Record, caller: Record) -> Fused:
    """Two records of lists joined. Tasks are left out: lists have none."""
    words = {word: caller.statuses.write[status] for word, status in backend.statuses.read.items()}
    values: dict[str, str | Known] = {}
    for name, entry in caller.fields.items():
        if name not in backend.fields:
            values[name] = constant(None)
        elif entry.codec == "status":
            values[name] = Known(words, backend.access[name])
        else:
            values[name] = _converting(backend.fields[name], entry.codec, backend.access[name])
    made = writer("Job", [Leaf(name, entry.at, Any) for name, entry in caller.fields.items()], values)
    tools = {"millis_of": millis_of, "iso_of": iso_of, **made.bound}
    return Fused(function("fuse", ["rows"], f"[{made.expression} for w in rows]", tools), made.access)


def _converting(read: JobField, written: CodecName, place: str) -> str:
    """A value from one codec to another; the two often say it alike."""
    if read.codec == written:
        if written != "iso":
            return place
        return f"None if {place} is None else iso_of(millis_of({place}))"
    value = _reading(read.codec, place, optional=read.nullable)
    return _writing(written, f"({value})")


def _leaf(name: str, entry: JobField | TaskField, statuses: StatusCodec, tasks: _TaskRecord | None) -> Leaf:
    if entry.codec == "status":
        kind: Any = statuses.type
    elif entry.codec == "tasks" and tasks is not None:
        kind = list[tasks.type]  # type: ignore[name-defined]
    elif name == "id" and entry.codec == "integer":
        kind = IdNumber
    else:
        kind = WIRE_TYPES[entry.codec]
    return Leaf(name, entry.at, kind, entry.nullable)


def _tools(statuses: StatusCodec, tasks: _TaskRecord | None) -> dict[str, Any]:
    return {
        "Job": Job,
        "Task": Task,
        "status_of": statuses.read,
        "word_of": statuses.write,
        "millis_of": millis_of,
        "iso_of": iso_of,
        "rfc3339_of": rfc3339_of,
        "read_tasks": tasks.read if tasks else None,
        "write_tasks": tasks.write if tasks else None,
    }


def _read_function(fields: Mapping[str, JobField], shape: Reader, tools: dict[str, Any]) -> Callable[[Any, Any], Job]:
    values = []
    for name in Job.__struct_fields__:
        if name == "source":
            values.append("source")
        elif name in fields:
            values.append(_reading(fields[name].codec, shape.access[name], optional=fields[name].nullable))
        else:
            values.append("None")
    return function("read", ["w", "source"], f"Job({', '.join(values)})", tools)


def _write_function(fields: Mapping[str, JobField], tools: dict[str, Any]) -> Callable[[Job], Any]:
    leaves = [Leaf(name, entry.at, Any) for name, entry in fields.items()]
    made = writer("Job", leaves, {name: _writing(entry.codec, f"j.{name}") for name, entry in fields.items()})
    return function("write", ["j"], made.expression, {**tools, **made.bound})


_READING: dict[CodecName, str] = {"status": "status_of[{}]", "iso": "millis_of({})", "tasks": "read_tasks({})"}
_WRITING: dict[CodecName, str] = {
    "status": "word_of[{}]",
    "iso": "None if {0} is None else iso_of({0})",
    "rfc3339": "None if {0} is None else rfc3339_of({0})",
    "tasks": "[] if {0} is None else write_tasks({0})",
}


def _reading(codec: CodecName, place: str, *, optional: bool) -> str:
    if codec not in _READING:
        return place
    value = _READING[codec].format(place)
    return f"None if {place} is None else {value}" if optional else value


def _writing(codec: CodecName, place: str) -> str:
    return _WRITING[codec].format(place) if codec in _WRITING else place


class _TaskRecord(Struct, frozen=True):
    """How the steps of a job are read and written."""

    type: type[Struct]
    read: Callable[[Iterable[Any]], tuple[Task, ...]]
    write: Callable[[Iterable[Task]], list[Any]]

    @classmethod
    def compile(cls, table: Mapping[str, TaskField], statuses: StatusCodec) -> _TaskRecord:
        shape = reader("Task", [_leaf(name, entry, statuses, None) for name, entry in table.items()])
        tools = _tools(statuses, None)
        values = [
            _reading(table[name].codec, shape.access[name], optional=table[name].nullable) if name in table else "None"
            for name in Task.__struct_fields__
        ]
        leaves = [Leaf(name, entry.at, Any) for name, entry in table.items()]
        made = writer("Task", leaves, {name: _writing(entry.codec, f"t.{name}") for name, entry in table.items()})
        return cls(
            shape.type,
            function("read", ["ws"], f"tuple([Task({', '.join(values)}) for w in ws])", tools),
            function("write", ["ts"], f"[{made.expression} for t in ts]", {**tools, **made.bound}),
        )
