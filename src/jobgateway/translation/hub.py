"""The hub: jobs, calls and replies in no dialect's words.

Everything here is a frozen value. ``None`` means that the source did not say. Instants are
integers, milliseconds since 1970-01-01T00:00:00Z; a task's are aware datetimes, since their
offset is part of what was said.

Calls and replies are final, so that who must be quick may ask ``type(reply) is Refusal``: ``isinstance``
asks the metaclass of structs wherever the answer is no, which costs many times as much.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, final

from msgspec import Raw, Struct

LARGEST_ID: Final = 2**63 - 1
EARLIEST_MILLIS: Final = -62_135_596_800_000  # 0001-01-01T00:00:00Z
LATEST_MILLIS: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z


class Status(StrEnum):
    """How far a job has come. ``STOPPING``: asked to stop, still running."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    STOPPING = "stopping"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Task(Struct, frozen=True, gc=False):
    """A step of a job."""

    id: str
    name: str
    status: Status
    began_at: datetime | None = None
    ended_at: datetime | None = None


@final
class Job(Struct, frozen=True, gc=False):
    """The union of the documented fields of all dialects."""

    id: int
    title: str | None
    status: Status
    project_id: int | None = None
    action: str | None = None
    reference_id: str | None = None
    workflow_id: str | None = None
    workflow_name: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    starts_at: int | None = None
    began_at: int | None = None
    ended_at: int | None = None
    errors: str | None = None
    tasks: tuple[Task, ...] | None = None
    source: Raw | None = None
    """The object as its backend wrote it, kept only where the caller speaks the same dialect."""


class Window(Struct, frozen=True, gc=False):
    """A stretch of a list: ``limit`` jobs after the first ``offset``."""

    offset: int
    limit: int

    @property
    def end(self) -> int:
        """The offset that follows the window."""
        return self.offset + self.limit


class Order(Struct, frozen=True, gc=False):
    """What a list is sorted by: ``id`` or ``created_at``."""

    key: str
    newest_first: bool = True

    def agrees_with(self, other: Order) -> bool:
        """Creation order by id and by time are taken as the same, so that pages stay pages."""
        return self.newest_first == other.newest_first


class Wanted(Struct, frozen=True, gc=False):
    """Which jobs of a list are wanted; bounds are inclusive, ``None`` is no condition."""

    title: str | None = None
    statuses: frozenset[Status] | None = None
    created_from: int | None = None
    created_to: int | None = None

    def conditions(self) -> frozenset[str]:
        """The names of the fields that restrict."""
        return frozenset(name for name in self.__struct_fields__ if getattr(self, name) is not None)

    def admits(self, job: Job) -> bool:
        """Whether the job meets every condition; one without a creation time meets no bound."""
        if self.title is not None and job.title != self.title:
            return False
        if self.statuses is not None and job.status not in self.statuses:
            return False
        if self.created_from is not None and (job.created_at is None or job.created_at < self.created_from):
            return False
        return self.created_to is None or (job.created_at is not None and job.created_at <= self.created_to)


ANYTHING: Final = Wanted()


class Operation(StrEnum):
    """The name of a call's kind, as specs, metrics and messages use it."""

    LIST = "list"
    GET = "get"
    CANCEL = "cancel"


@final
class ListJobs(Struct, frozen=True, gc=False):
    """List the jobs of a scope. No window: the whole list. No order: as the backend gives it."""

    operation: ClassVar[Operation] = Operation.LIST

    scope: str | None = None
    window: Window | None = None
    wanted: Wanted = ANYTHING
    order: Order | None = None
    counted: bool = False
    """Whether the answer must say how many jobs there are in all."""


@final
class GetJob(Struct, frozen=True, gc=False):
    """Show one job."""

    operation: ClassVar[Operation] = Operation.GET

    scope: str | None
    id: int


@final
class CancelJob(Struct, frozen=True, gc=False):
    """Cancel one job that has not come to an end."""

    operation: ClassVar[Operation] = Operation.CANCEL

    scope: str | None
    id: int


Call = ListJobs | GetJob | CancelJob


class Reason(StrEnum):
    """Why something was refused."""

    BAD_REQUEST = "bad_request"
    NO_CREDENTIAL = "no_credential"
    BAD_CREDENTIAL = "bad_credential"
    FORBIDDEN = "forbidden"
    NO_SCOPE = "no_scope"
    BAD_ID = "bad_id"
    NO_JOB = "no_job"
    NOT_CANCELLABLE = "not_cancellable"
    BAD_PARAMETER = "bad_parameter"
    NO_PATH = "no_path"
    NO_METHOD = "no_method"
    TOO_LARGE = "too_large"
    CALLER_LATE = "caller_late"
    LIMIT = "limit"
    UNSUPPORTED = "unsupported"
    THROTTLED = "throttled"
    INTERNAL = "internal"
    BACKEND_FAILED = "backend_failed"
    BACKEND_UNAVAILABLE = "backend_unavailable"
    BACKEND_LATE = "backend_late"
    OUTCOME_UNKNOWN = "outcome_unknown"
    OVERLOADED = "overloaded"


@final
class Page(Struct, frozen=True, gc=False):
    """Jobs of a list; ``total`` counts the whole list, where it is known."""

    jobs: tuple[Job, ...]
    total: int | None = None
    size: int | None = None
    """How many jobs a page holds by the backend's own word, which may be fewer than were asked for."""


@final
class Done(Struct, frozen=True, gc=False):
    """Yes, and nothing more was said."""


@final
class Refusal(Struct, frozen=True, gc=False):
    """No, and why. ``detail`` is for people and holds only our own words, never a backend's."""

    reason: Reason
    detail: str = ""
    value: str | None = None
    """The caller's value that was refused, where a dialect repeats it."""
    status: Status | None = None
    """The status that stands in the way, where the backend told it."""
    allow: tuple[str, ...] = ()
    """The methods that the path knows (RFC 9110 section 10.2.1)."""
    retry_after: int | None = None
    """Seconds to wait (RFC 9110 section 10.2.3)."""


Reply = Page | Job | Done | Refusal


class Abilities(Struct, frozen=True, gc=False):
    """What a backend can do by itself; derived from its spec, read by the planner."""

    largest_page: int | None = None
    """The most jobs that one call gives; ``None``: it cannot page, a call gives the whole list."""
    any_offset: bool = False
    """Whether a window may start anywhere; else only at a multiple of its limit."""
    totals: bool = False
    exact: frozenset[str] = frozenset()
    """The conditions of ``Wanted`` that the backend evaluates exactly as the hub means them."""
    status_sets: frozenset[frozenset[Status]] = frozenset()
    """The sets of statuses that one of its filter words stands for."""
    orders: tuple[Order, ...] = ()
    """The orders that it can give, its own first; none: its order means nothing."""
    returns_cancelled: bool = True
    """Whether the answer to a cancel is the job."""
    confined: frozenset[Operation] = frozenset()
    """The operations whose request says the scope."""
    scope_field: str | None = None
    """The job's field that holds its scope, where it has one."""


class Budget(Struct, frozen=True, gc=False):
    """How much one caller's call may cost: backend calls, and jobs read from the backend."""

    calls: int
    rows: int
