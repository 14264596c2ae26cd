"""A backend's and a caller's dialect joined for lists, so that no job is made between them.

What it gives is what the way through the hub gives (a law); it only costs less. It serves plans
that take pages as they are: such a plan asks no more of a row than its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from msgspec import Raw, Struct

from jobgateway.translation.answers import ENCODER
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.hub import ListJobs, Page, Reply
from jobgateway.translation.record import Fused, fuse_records
from jobgateway.translation.replies import OK
from jobgateway.translation.wire import Response

_GAP: Final = b"\0"
"""Stands for rows in a body that is encoded without them; JSON has no such byte (RFC 8259 section 7)."""
_WITH_GAP: Final = (Raw(_GAP),)


class Bundled:
    """Rows of a long list, encoded as they come: what they were made of need not be kept until the list is whole."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[bytes | memoryview] = []
        """Rows, with commas between."""

    def extend(self, rows: Sequence[Any]) -> None:
        """Take the rows that follow."""
        if rows:
            self._parts.append(memoryview(ENCODER.encode(rows))[1:-1])
            self._parts.append(b",")

    def __iter__(self) -> Iterator[Bundled]:
        """One thing that stands for all of them in a page, or none."""
        if self._parts:
            yield self

    def within(self, body: bytes) -> bytes:
        """A body with the rows in its gap. It is the only copy that is made of them."""
        before, _, behind = body.partition(_GAP)
        return b"".join((before, *self._parts[:-1], behind))


class Fusion(Struct, frozen=True):
    """The pair of a backend's and a caller's dialect."""

    backend: Dialect
    caller: Dialect
    fused: Fused

    def read(self, call: ListJobs, response: Response) -> Reply:
        """A backend's list, whose rows are the caller's already: nothing else of the answer is kept."""
        return self.backend.replies.read_rows(call, response, self.fused.rewrite)

    def write(self, call: ListJobs, page: Page) -> Response:
        """The caller's answer with a page of such rows, or of ``Bundled`` ones."""
        encode, jobs = self.caller.replies.list.encode, cast("tuple[Any, ...]", page.jobs)
        if jobs and type(bundled := jobs[0]) is Bundled:
            return Response(OK, bundled.within(encode(_WITH_GAP, page.total, call.window)))
        return Response(OK, encode(jobs, page.total, call.window))


def fuse(backend: Dialect, caller: Dialect) -> Fusion | None:
    """The fusion of two dialects; ``None`` where the same one is on both sides, or a caller's row hides its id."""
    if backend.name == caller.name:
        return None
    fused = fuse_records(backend.replies.list.record, caller.replies.list.record)
    return Fusion(backend, caller, fused) if fused.access["id"] == "w.id" else None
