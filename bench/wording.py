"""What is asked, in each dialect's words. The dialects' own codecs say it, so that nothing is written twice."""

from __future__ import annotations

import operator
from functools import cache, reduce
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from jobgateway.config.specs import shipped_dialects
from jobgateway.mock.population import population
from jobgateway.translation.hub import ANYTHING, Call, GetJob, Job, ListJobs, Window

KEY: Final = "kR7mW2xQ9vTn4LsZ8bYc"
"""The secret of every caller, and of the gateway at its backends. It guards nothing."""
SCOPE: Final = "bench"
CALLER: Final = "openreplay-v2"
BACKEND: Final = "explorer"
"""The pair that peers are compared in."""
MANY: Final = 10_000
"""Jobs of a backend with a long list."""
FEW: Final = 200
"""Jobs of a backend whose callers may be unable to page."""
_SEED: Final = 1
_WORKFLOW_ID: Final = "4216617528"
_WORKFLOW: Final = "workflow_q745a"


class Wanted(Struct, frozen=True):
    """A request as it goes over the wire: its target, and the header that holds the credential."""

    target: str
    header: tuple[str, str]
    last: bool = False
    """Whether its connection ends with it."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Its headers but the host."""
        return (": ".join(self.header), *(("Connection: close",) if self.last else ()))

    def head(self, port: int) -> bytes:
        """The whole request."""
        lines = (f"GET {self.target} HTTP/1.1", f"Host: 127.0.0.1:{port}", *self.lines, "", "")
        return "\r\n".join(lines).encode()


@cache
def jobs(count: int) -> tuple[Job, ...]:
    """The jobs of a backend; every process that asks gets the same."""
    return tuple(map(_usual, population(count, _SEED)))


def _usual(job: Job) -> Job:
    """The job with texts as the documents print them and servers were seen to say them.

    Most of the mock's own are beyond ASCII, to find mistakes; peers that do not check UTF-8 would gain by them.
    """
    reference = f"user{job.id:05}@example.com"
    title = f"Delete user sessions of userId = {reference}"
    if job.action == "run_workflow":
        reference, title = _WORKFLOW_ID, f"{_WORKFLOW}_20260115{job.id:06}"
    return replace(job, title=title, reference_id=reference, workflow_id=_WORKFLOW_ID, workflow_name=_WORKFLOW)


def page(limit: int, number: int = 1, *, scope: str | None = SCOPE) -> ListJobs:
    """The call for a page of a list."""
    return ListJobs(scope, Window((number - 1) * limit, limit), ANYTHING, None, counted=False)


def ids(call: Call) -> list[int]:
    """The ids of the jobs that the long list's backend has for a call, newest first."""
    if isinstance(call, ListJobs) and call.window is not None:
        newest = sorted((job.id for job in jobs(MANY)), reverse=True)
        return newest[call.window.offset : call.window.end]
    return [call.id] if isinstance(call, GetJob) else []


def told_ids(dialect: str, call: Call, body: Any) -> list[Any]:
    """The ids of the jobs that an answer shows, given what its JSON says. Raises ``LookupError`` or ``TypeError``."""
    spec = shipped_dialects()[dialect].spec
    place = spec.answers.list.jobs if isinstance(call, ListJobs) else spec.answers.get.job
    found = reduce(operator.getitem, (place or "").split("."), body)
    shown = found if isinstance(call, ListJobs) else [found]
    return [job[spec.job["id"].at] for job in shown]


CASES: Final[dict[str, Call]] = {
    "get 1 job": GetJob(SCOPE, jobs(2)[1].id),
    "list 50": page(50),
    "list 200": page(200),
}


def wanted(dialect: str, call: Call, *, prefix: str = "", key: str = KEY) -> Wanted:
    """A call in a dialect's words; ``prefix`` is a route's."""
    spoken = shipped_dialects()[dialect]
    request = spoken.write_call(_sayable(dialect, call))
    presented = spoken.write_secret(key)
    if presented is None:
        raise ValueError(f"{dialect} cannot say the key")
    name, value = presented
    query = f"?{request.query}" if request.query else ""
    return Wanted(f"{prefix}{request.path}{query}", (name.decode().title(), value.decode()))


def can_page(dialect: str) -> bool:
    """Whether a caller of the dialect can ask for a part of a list."""
    return shipped_dialects()[dialect].spec.paging is not None


def _sayable(dialect: str, call: Call) -> Call:
    """The call without a scope that the dialect's plain list has no place for."""
    if isinstance(call, ListJobs) and not _scoped(dialect):
        return ListJobs(None, call.window, call.wanted, call.order, call.counted)
    return call


def _scoped(dialect: str) -> bool:
    return all("{scope}" in each.path for each in shipped_dialects()[dialect].spec.operations.list)
