"""What a request asks for in a dialect, and the request that asks for a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from jobgateway.translation.filters import Filters, compile_filters
from jobgateway.translation.hub import ANYTHING, Call, ListJobs, Refusal, Status
from jobgateway.translation.paging import Pager, compile_pager
from jobgateway.translation.paths import Paths, compile_paths
from jobgateway.translation.spec import Spec
from jobgateway.translation.urls import read_query
from jobgateway.translation.wire import Request

_SHORT: Final = 256
"""The most characters of a target that is remembered."""
_REMEMBERED: Final = 1024
"""How many targets and calls are remembered, the last that were asked."""


class _Words(Struct, frozen=True):
    """A dialect's words for calls."""

    paths: Paths
    pager: Pager | None
    filters: Filters
    keys: frozenset[str]
    """The query keys that mean something; all others are ignored."""
    counted: bool
    """Whether the answer to a list says how many jobs there are in all."""

    def read(self, method: str, path: str, query: str) -> Call | Refusal:
        """The call that a request asks for, or why it is none; the path is judged before the query."""
        call = self.paths.read(method, path)
        if not isinstance(call, ListJobs):
            return call
        found = read_query(query, self.keys) if self.keys else {}
        if isinstance(found, Refusal):
            return found
        window = None if self.pager is None else self.pager.read(found)
        if isinstance(window, Refusal):
            return window
        narrowed = self.filters.read(found)
        if isinstance(narrowed, Refusal):
            return narrowed
        return ListJobs(call.scope, window, *narrowed, self.counted)

    def write(self, call: Call) -> Request:
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


class Calls(Struct, frozen=True):
    """A dialect's side of requests, without their credential.

    Callers look at the same jobs and the same first pages again and again, so what a short target says is remembered.
    """

    words: _Words
    read_short: Callable[[str, str, str], Call | Refusal]
    write_short: Callable[[Call], Request]

    @property
    def root(self) -> tuple[str, ...]:
        """The literal first segments that all paths share."""
        return self.words.paths.root

    @property
    def status_sets(self) -> frozenset[frozenset[Status]]:
        """The sets of statuses that one of its filter words stands for."""
        return self.words.filters.status_sets

    def read_call(self, request: Request) -> Call | Refusal:
        """The call that a request asks for, or why it is none."""
        path, query = request.path, request.query
        read = self.read_short if len(path) + len(query) <= _SHORT else self.words.read
        return read(request.method, path, query)

    def write_call(self, call: Call) -> Request:
        """The request that asks for a call. Raises ``ValueError`` for one beyond the dialect's abilities."""
        long = isinstance(call, ListJobs) and call.wanted is not ANYTHING  # a title may be of any length
        return self.words.write(call) if long else self.write_short(call)


def compile_calls(spec: Spec) -> Calls:
    """The calls of a spec, whose soundness is checked elsewhere.

    Raises ``ValueError`` for words that contradict themselves.
    """
    pager = None if spec.paging is None else compile_pager(spec.paging)
    filters = compile_filters(spec)
    keys = filters.keys if pager is None else filters.keys | pager.keys
    words = _Words(compile_paths(spec.operations), pager, filters, keys, spec.answers.list.total is not None)
    return Calls(words, lru_cache(_REMEMBERED)(words.read), lru_cache(_REMEMBERED)(words.write))
