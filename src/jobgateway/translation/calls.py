"""What a request asks for in a dialect, and the request that asks for a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from jobgateway.translation.filters import Filters, compile_filters
from jobgateway.translation.hub import (
    ANYTHING,
    Call,
    CancelJob,
    GetJob,
    ListJobs,
    Order,
    Refusal,
    Status,
    Wanted,
    Window,
)
from jobgateway.translation.paging import Pager, compile_pager
from jobgateway.translation.paths import REMEMBERED, Paths, compile_paths, read_id
from jobgateway.translation.spec import Spec
from jobgateway.translation.urls import read_query
from jobgateway.translation.wire import Request

_SHORT: Final = 128
"""The most characters of a path, and of a query, that are remembered."""

_Narrowed = tuple[Window | None, Wanted, Order | None]
"""What a query says of a list: its window, the conditions and the order."""


class _Lists(Struct, frozen=True):
    """How a dialect asks for lists: what their paths leave to the query."""

    paths: Paths
    pager: Pager | None
    filters: Filters
    keys: frozenset[str]
    """The query keys that mean something; all others are ignored."""

    def read(self, query: str) -> _Narrowed | Refusal:
        """What a query says of a list, or why it says nothing."""
        found = read_query(query, self.keys) if self.keys else {}
        if isinstance(found, Refusal):
            return found
        window = None if self.pager is None else self.pager.read(found)
        if isinstance(window, Refusal):
            return window
        narrowed = self.filters.read(found)
        return narrowed if isinstance(narrowed, Refusal) else (window, *narrowed)

    def write(self, call: ListJobs) -> Request:
        """The request that asks for a list. Raises ``ValueError`` for one beyond the dialect's abilities."""
        method, path, headers = self.paths.write(call)
        query = self.filters.write(call.wanted, call.order)
        if self.pager is not None:
            paged = self.pager.write(call.window)
            query = f"{paged}&{query}" if query else paged
        return Request(method, path, query, headers)


class _Remembered(Struct, frozen=True):
    """What is the same in many calls: the same answers as without, bounded in number and size."""

    path: Callable[[str, str], Call | Refusal]
    """What a path asks for that does not end with an id."""
    before_id: Callable[[str, str], tuple[type[GetJob | CancelJob], str | None] | None]
    """What a path asks for that goes on with an id."""
    query: Callable[[str], _Narrowed | Refusal]
    """Most queries ask for one of the first pages."""
    page: Callable[[ListJobs], Request]
    """How a list without conditions is asked for."""


class Calls(Struct, frozen=True):
    """A dialect's side of requests, without their credential."""

    paths: Paths
    lists: _Lists
    counted: bool
    """Whether the answer to a list says how many jobs there are in all."""
    remembered: _Remembered

    @property
    def root(self) -> tuple[str, ...]:
        """The literal first segments that all paths share."""
        return self.paths.root

    @property
    def status_sets(self) -> frozenset[frozenset[Status]]:
        """The sets of statuses that one of its filter words stands for."""
        return self.lists.filters.status_sets

    def read_call(self, request: Request) -> Call | Refusal:
        """The call that a request asks for, or why it is none; the path is judged before the query."""
        call = self._read_path(request.method, request.path)
        if type(call) is not ListJobs:
            return call
        query = request.query
        narrowed = self.remembered.query(query) if len(query) <= _SHORT else self.lists.read(query)
        if type(narrowed) is Refusal:
            return narrowed
        return ListJobs(call.scope, *narrowed, self.counted)

    def _read_path(self, method: str, path: str) -> Call | Refusal:
        if len(path) > _SHORT:
            return self.paths.read(method, path)
        start, _, last = path.rpartition("/")
        number = read_id(last)
        if number is None:
            return self.remembered.path(method, path)
        found = self.remembered.before_id(method, start)
        return self.paths.read(method, path) if found is None else found[0](found[1], number)

    def write_call(self, call: Call) -> Request:
        """The request that asks for a call. Raises ``ValueError`` for one beyond the dialect's abilities."""
        if type(call) is ListJobs:
            return (self.remembered.page if call.wanted is ANYTHING else self.lists.write)(call)
        method, path, headers = self.paths.write(call)
        return Request(method, path, "", headers)


def compile_calls(spec: Spec) -> Calls:
    """The calls of a spec, whose soundness is checked elsewhere.

    Raises ``ValueError`` for words that contradict themselves.
    """
    pager = None if spec.paging is None else compile_pager(spec.paging)
    filters = compile_filters(spec)
    keys = filters.keys if pager is None else filters.keys | pager.keys
    paths = compile_paths(spec.operations)
    lists = _Lists(paths, pager, filters, keys)
    keep = lru_cache(REMEMBERED)
    remembered = _Remembered(keep(paths.read), keep(paths.before_id), keep(lists.read), keep(lists.write))
    return Calls(paths, lists, spec.answers.list.total is not None, remembered)
