"""What a request asks for in a dialect, and the request that asks for a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from jobgateway.translation.filters import Filters, compile_filters
from jobgateway.translation.hub import Call, ListJobs, Order, Refusal, Status, Wanted, Window
from jobgateway.translation.paging import Pager, compile_pager
from jobgateway.translation.paths import Paths, compile_paths
from jobgateway.translation.spec import Spec
from jobgateway.translation.urls import read_query
from jobgateway.translation.wire import Request

_SHORT: Final = 128
"""The most characters of a query that is remembered."""
_REMEMBERED: Final = 256
"""How many queries are remembered, the last that were asked."""


_Narrowed = tuple[Window | None, Wanted, Order | None]
"""What a query says of a list: its window, the conditions and the order."""


class _Queries(Struct, frozen=True):
    """How a dialect reads a list's query."""

    pager: Pager | None
    filters: Filters
    keys: frozenset[str]
    """The query keys that mean something; all others are ignored."""

    def read(self, query: str) -> _Narrowed | Refusal:
        """What a query says, or why it says nothing."""
        found = read_query(query, self.keys) if self.keys else {}
        if isinstance(found, Refusal):
            return found
        window = None if self.pager is None else self.pager.read(found)
        if isinstance(window, Refusal):
            return window
        narrowed = self.filters.read(found)
        return narrowed if isinstance(narrowed, Refusal) else (window, *narrowed)


class Calls(Struct, frozen=True):
    """A dialect's side of requests, without their credential."""

    paths: Paths
    pager: Pager | None
    filters: Filters
    read_query: Callable[[str], _Narrowed | Refusal]
    read_short_query: Callable[[str], _Narrowed | Refusal]
    """The same, remembered: most queries ask for one of the first pages."""
    counted: bool
    """Whether the answer to a list says how many jobs there are in all."""

    @property
    def root(self) -> tuple[str, ...]:
        """The literal first segments that all paths share."""
        return self.paths.root

    @property
    def status_sets(self) -> frozenset[frozenset[Status]]:
        """The sets of statuses that one of its filter words stands for."""
        return self.filters.status_sets

    def read_call(self, request: Request) -> Call | Refusal:
        """The call that a request asks for, or why it is none; the path is judged before the query."""
        call = self.paths.read(request.method, request.path)
        if not isinstance(call, ListJobs):
            return call
        query = request.query
        narrowed = self.read_short_query(query) if len(query) <= _SHORT else self.read_query(query)
        if isinstance(narrowed, Refusal):
            return narrowed
        return ListJobs(call.scope, *narrowed, self.counted)

    def write_call(self, call: Call) -> Request:
        """The request that asks for a call. Raises ``ValueError`` for one beyond the dialect's abilities."""
        method, path, headers = self.paths.write(call)
        query = self._write_query(call) if isinstance(call, ListJobs) else ""
        return Request(method, path, query, headers)

    def _write_query(self, call: ListJobs) -> str:
        filtered = self.filters.write(call.wanted, call.order)
        if self.pager is None:
            return filtered
        paged = self.pager.write(call.window)
        return f"{paged}&{filtered}" if filtered else paged


def compile_calls(spec: Spec) -> Calls:
    """The calls of a spec, whose soundness is checked elsewhere.

    Raises ``ValueError`` for words that contradict themselves.
    """
    pager = None if spec.paging is None else compile_pager(spec.paging)
    filters = compile_filters(spec)
    keys = filters.keys if pager is None else filters.keys | pager.keys
    read = _Queries(pager, filters, keys).read
    remembered = lru_cache(_REMEMBERED)(read)
    counted = spec.answers.list.total is not None
    return Calls(compile_paths(spec.operations), pager, filters, read, remembered, counted)
