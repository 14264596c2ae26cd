"""A backend's and a caller's dialect joined for lists, so that no job is made between them.

What it gives is what the way through the hub gives (a law); it only costs less. It serves plans
that take pages as they are: such a plan asks no more of a row than its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Raw, Struct

from jobgateway.translation.answers import ENCODER
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.hub import ListJobs, Page, Reply
from jobgateway.translation.record import Fused, fuse_records
from jobgateway.translation.replies import OK
from jobgateway.translation.wire import Response

_COMMA: Final = ord(",")


class Bundled:
    """Rows of a long list, encoded as they come: what they were made of need not be kept until the list is whole."""

    __slots__ = ("_body",)

    def __init__(self) -> None:
        self._body = bytearray()

    def extend(self, rows: Sequence[Any]) -> None:
        """Take the rows that follow."""
        if rows:
            at = max(0, len(self._body) - 1)  # the bracket that closes what was there
            ENCODER.encode_into(rows, self._body, at)
            if at:
                self._body[at] = _COMMA

    def __iter__(self) -> Iterator[Raw]:
        """One thing that stands for all of them in a list that is encoded, or none."""
        if self._body:
            yield Raw(memoryview(self._body)[1:-1])


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
        return Response(OK, self.caller.replies.list.encode(page.jobs, page.total, call.window))


def fuse(backend: Dialect, caller: Dialect) -> Fusion | None:
    """The fusion of two dialects; ``None`` where the same one is on both sides, or a caller's row hides its id."""
    if backend.name == caller.name:
        return None
    fused = fuse_records(backend.replies.list.record, caller.replies.list.record)
    return Fusion(backend, caller, fused) if fused.access["id"] == "w.id" else None
