"""What a dialect's data file may say. Every word is listed here; an unknown one is refused.

A *place* is a path of keys in a JSON body, joined by dots: ``data.items``. Every vocabulary has
one written word and may have ``also_read`` words: write one, read many.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from jobgateway.translation.hub import Operation, Reason, Status
from jobgateway.translation.session_words import Session

CodecName = Literal["integer", "text", "status", "millis", "iso", "rfc3339", "tasks"]
Choice = Literal["default", "refuse", "clamp", "accept"]


class _Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a spec."""


class Scope(_Words, frozen=True):
    """What calls are confined to. Two dialects share scopes when their ``kind`` is the same word."""

    kind: str
    field: str | None = None
    """The hub field of a job that holds its scope, where it has one."""
    example: str | None = None
    """One as the documents print it."""


class Carrier(_Words, frozen=True):
    """Where a request carries the caller's secret: a header, perhaps after a scheme, or a cookie."""

    header: str | None = None
    scheme: str | None = None
    cookie: str | None = None


class Credential(_Words, frozen=True):
    """Where a secret is written, and where else it is read."""

    written: Carrier
    also_read: tuple[Carrier, ...] = ()
    challenge: str | None = None
    """The WWW-Authenticate of a 401 (RFC 9110 section 11.6.1)."""


class Endpoint(_Words, frozen=True):
    """One method and path of an operation. ``{scope}`` and ``{id}`` stand for whole segments."""

    method: Literal["GET", "PUT", "POST", "DELETE", "PATCH"]
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    """Headers that a request to a backend needs besides the credential."""


class Operations(_Words, frozen=True):
    """Where each operation is asked for. A list may have one path with a scope and one without."""

    list: tuple[Endpoint, ...]
    get: Endpoint
    cancel: Endpoint


class PageWord(_Words, frozen=True):
    """A query key that holds a number, and what happens to numbers that do not fit."""

    key: str
    default: int
    largest: int | None = None
    """The largest that a backend is asked for, and that a caller may ask for unless ``too_large`` says ``accept``."""
    too_large: Choice = "refuse"
    too_small: Choice = "refuse"
    malformed: Literal["default", "refuse"] = "refuse"
    empty: Literal["default", "refuse"] = "default"


class Paging(_Words, frozen=True):
    """How a window is asked for: ``page`` numbers pages from 1, ``offset`` counts jobs from 0."""

    by: Literal["page", "offset"]
    size: PageWord
    start: PageWord


class ListOrder(_Words, frozen=True):
    """How a list is sorted when nothing is asked: newest first by this key."""

    key: Literal["id", "created_at"]


class Condition(_Words, frozen=True):
    """A condition of a filter: its key and how its value is said."""

    key: str
    codec: CodecName


class OrderWord(_Words, frozen=True):
    """The filter's word for the order by creation time."""

    key: str
    newest: str
    oldest: str


class Filter(_Words, frozen=True):
    """How a list is narrowed: query keys, or one JSON object in the query key ``within``."""

    conditions: dict[str, Condition]
    within: str | None = None
    largest: int = 4096
    """The most characters that ``within`` may hold."""
    order: OrderWord | None = None
    exact: tuple[str, ...] = ()
    """The conditions that its servers evaluate just as the hub means them."""


class StatusWord(_Words, frozen=True):
    """The word for a status; ``also_written_for`` names statuses that this dialect cannot tell from it."""

    word: str | int
    also_read: tuple[str | int, ...] = ()
    also_written_for: tuple[Status, ...] = ()


class TaskField(_Words, frozen=True):
    """Where a field of a task stands."""

    at: str
    codec: CodecName
    nullable: bool = False


class JobField(_Words, frozen=True):
    """Where a field of a job stands and how it is said."""

    at: str
    codec: CodecName
    nullable: bool = False
    """Whether null, or no such key, is read as not said."""
    detail_only: bool = False
    """Whether only the answer to get and cancel has it."""
    each: dict[str, TaskField] | None = None
    """The table of a task, where the codec is ``tasks``."""


class ListAnswer(_Words, frozen=True):
    """Where the parts of a list's answer stand."""

    jobs: str
    null_is_empty: bool = False
    total: str | None = None
    page: str | None = None
    size: str | None = None
    offset: str | None = None


class JobAnswer(_Words, frozen=True):
    """Where the job stands, or only whether it was done (``false`` there: cannot be cancelled)."""

    job: str | None = None
    done: str | None = None


class Answers(_Words, frozen=True):
    """The bodies of success. ``constants`` are written always; ``code`` is read and must be ``0``."""

    list: ListAnswer
    get: JobAnswer
    cancel: JobAnswer
    code: str | None = None
    constants: dict[str, Any] = field(default_factory=dict)


class Layout(_Words, frozen=True):
    """Where the parts of a refusal stand in a body; a place may be given, or the part is not said."""

    media: str = "application/json"
    plain: bool = False
    """The body is the text itself."""
    empty: bool = False
    """There is no body and no Content-Type."""
    within_list: str | None = None
    """The key of a list whose one item holds the other places."""
    text: str | None = None
    texts: str | None = None
    """The text, in a list of one."""
    code: str | None = None
    status: str | None = None
    detail: str | None = None
    detail_after: str | None = None
    """The detail follows the text behind these characters."""
    value: str | None = None
    constants: dict[str, Any] = field(default_factory=dict)


class Form(_Words, frozen=True):
    """One way to say a reason. The first whose profile and operation fit is written."""

    status: int | None = None
    """The HTTP status; absent: the reason's own (RFC 9110)."""
    code: int | str | None = None
    text: str | None = None
    texts: dict[Status, str] | None = None
    """The text by the job's status, where that is known."""
    around: tuple[str, str] | None = None
    """What stands before and after the refused value, which is quoted as in JSON."""
    starts: str | None = None
    """Read only: how the text begins."""
    ends: str = ""
    """Read only, with ``starts``: how it ends."""
    to: tuple[Operation, ...] | None = None
    """The operations that it answers; absent: all, and requests that ask for none."""
    profile: str | None = None
    layout: str = "main"
    vacant: bool = False
    """An answer of success whose job is an empty object."""
    also_read: bool = False
    """Never written."""
    write_only: bool = False
    """Never what reading yields: another reason has the same form."""


class Refusals(_Words, frozen=True):
    """How a dialect says no."""

    layouts: dict[str, Layout]
    forms: dict[Reason, tuple[Form, ...]]


class Spec(_Words, frozen=True):
    """One dialect, whole."""

    dialect: str
    title: str
    documents: tuple[str, ...]
    scope: Scope
    credential: Credential
    operations: Operations
    statuses: dict[Status, StatusWord]
    job: dict[str, JobField]
    answers: Answers
    refusals: Refusals
    profiles: tuple[str, ...] = ("documented",)
    paging: Paging | None = None
    order: ListOrder | None = None
    filter: Filter | None = None
    session: Session | None = None
    examples: tuple[dict[str, Any], ...] = ()
    """Jobs as the documents print them, verbatim: the embedded store holds these."""
