"""What a request asks for in a dialect, and the request that asks for a call."""

from __future__ import annotations

from msgspec import Struct

from jobgateway.translation.filters import Filters, compile_filters
from jobgateway.translation.hub import ANYTHING, Call, ListJobs, Refusal, Status
from jobgateway.translation.paging import Pager, compile_pager
from jobgateway.translation.paths import Paths, compile_paths
from jobgateway.translation.spec import Spec
from jobgateway.translation.urls import read_query
from jobgateway.translation.wire import Request


class Calls(Struct, frozen=True):
    """A dialect's side of requests, without their credential."""

    paths: Paths
    pager: Pager | None
    filters: Filters
    keys: frozenset[str]
    """The query keys that mean something; all others are ignored."""
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
        if not request.query or not self.keys:
            window = None if self.pager is None else self.pager.default
            return ListJobs(call.scope, window, ANYTHING, self.filters.order, self.counted)
        return self._read_list(call.scope, request.query)

    def write_call(self, call: Call) -> Request:
        """The request that asks for a call. Raises ``ValueError`` for one beyond the dialect's abilities."""
        method, path, headers = self.paths.write(call)
        query = self._write_query(call) if isinstance(call, ListJobs) else ""
        return Request(method, path, query, headers)

    def _read_list(self, scope: str | None, query: str) -> ListJobs | Refusal:
        found = read_query(query, self.keys)
        if isinstance(found, Refusal):
            return found
        window = None if self.pager is None else self.pager.read(found)
        if isinstance(window, Refusal):
            return window
        narrowed = self.filters.read(found)
        if isinstance(narrowed, Refusal):
            return narrowed
        wanted, order = narrowed
        return ListJobs(scope, window, wanted, order, self.counted)

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
    return Calls(compile_paths(spec.operations), pager, filters, keys, spec.answers.list.total is not None)
