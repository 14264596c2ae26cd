"""A backend's and a caller's dialect joined for lists, so that no job is made between them.

What it gives is what the way through the hub gives (a law); it only costs less. It serves plans
that take pages as they are: such a plan asks no more of a row than its id and time of creation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct

from jobgateway.translation.dialect import Dialect
from jobgateway.translation.hub import ListJobs, Page, Refusal
from jobgateway.translation.mismatch import refuse_mismatch
from jobgateway.translation.record import fuse_records
from jobgateway.translation.replies import OK
from jobgateway.translation.wire import Response

_ASKED_OF_ROWS: Final = ("id", "created_at")
"""The fields that a row must have under the hub's names, at its top."""


class Fusion(Struct, frozen=True):
    """The pair of a backend's and a caller's dialect."""

    backend: Dialect
    caller: Dialect
    rewrite: Callable[[Iterable[Any]], list[Any]]

    def write(self, call: ListJobs, page: Page) -> Response | Refusal:
        """The caller's answer with a page of the backend's rows; an unknown status is the backend's fault."""
        try:
            rows = self.rewrite(page.jobs)
        except KeyError as error:
            return refuse_mismatch(error, b"")
        return Response(OK, self.caller.replies.list.write_rows(call, rows, page.total))


def fuse(backend: Dialect, caller: Dialect) -> Fusion | None:
    """The fusion of two dialects; ``None`` where the same one is on both sides, or rows say too little."""
    record = backend.replies.list.record
    flat = all(record.access.get(name) == f"w.{name}" for name in _ASKED_OF_ROWS)
    if not flat or backend.name == caller.name:
        return None
    return Fusion(backend, caller, fuse_records(record, caller.replies.list.record))
