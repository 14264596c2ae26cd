"""What a caller of one dialect loses over a backend of another, told from their specs alone."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from jobgateway.translation.codecs import status_codec
from jobgateway.translation.hub import Job, Status, Wanted

if TYPE_CHECKING:
    from jobgateway.translation.spec import Endpoint, Paging, Spec

NEWEST_FIRST: Final = "newest_first"
OLDEST_FIRST: Final = "oldest_first"


class Fidelity(StrEnum):
    """How true the answers of a pair are, best first.

    ``SAME``: one dialect on both sides; jobs pass as the backend wrote them, unknown fields included.
    ``EQUAL``: all that the caller's dialect shows arrives, and the backend does all the work.
    ``EMULATED``: all that it shows arrives; the gateway does part of the work, with more backend calls or rows.
    ``LOSSY``: fields are absent, or statuses that the backend tells apart are shown as one.
    """

    SAME = "same"
    EQUAL = "equal"
    EMULATED = "emulated"
    LOSSY = "lossy"


class Collapse(Struct, frozen=True):
    """A status of the backend for which the caller's dialect has no word of its own."""

    status: Status
    shown_as: Status


class Losses(Struct, frozen=True):
    """The losses of one pair, caller's dialect first. Fields of tasks are named ``tasks.began_at``."""

    caller: str
    backend: str
    absent: tuple[str, ...] = ()
    """Hub fields that the caller's dialect shows and neither the backend nor a fill supplies: null, or no tasks."""
    unlisted: tuple[str, ...] = ()
    """Hub fields that the caller's lists show and the backend tells only of a single job."""
    unseen: tuple[str, ...] = ()
    """Hub fields that the backend supplies and the caller's dialect has no place for."""
    collapsed: tuple[Collapse, ...] = ()
    unsaid: tuple[Status, ...] = ()
    """Statuses that the caller's dialect has a word for and the backend never says. Not a loss of the pair's."""
    emulated: tuple[str, ...] = ()
    """Conditions and orders that the caller can ask and the gateway evaluates, on jobs that it reads."""
    counted: bool = False
    """The caller is shown a total that the backend does not give: it is searched for by galloping."""
    walked: bool = False
    """The caller cannot page and the backend must be: every page is read."""
    sliced: bool = False
    """The caller pages and the backend cannot: the whole list is read, and cut."""
    windowed: bool = False
    """Some page of the caller's is not one page of the backend's: it is put together from several."""
    cancel_reads: bool = False
    """The backend's answer to a cancel does not show the job: it is read afterwards."""
    scope_checked: bool = False
    """The backend's get or cancel cannot say the scope: where calls are confined, the job is read first."""
    unscoped: bool = False
    """The kinds of scope differ: a caller's scope means nothing to the backend unless the route maps it."""

    @property
    def loses(self) -> bool:
        """Whether something that the caller's dialect shows does not arrive as the backend has it."""
        return bool(self.absent or self.unlisted or self.collapsed)

    @property
    def works(self) -> bool:
        """Whether the gateway does part of what the caller asked of the backend."""
        flags = (self.counted, self.walked, self.sliced, self.windowed, self.cancel_reads, self.scope_checked)
        return bool(self.emulated) or any(flags)

    @property
    def fidelity(self) -> Fidelity:
        """The class of the pair."""
        if self.caller == self.backend:
            return Fidelity.SAME
        if self.loses:
            return Fidelity.LOSSY
        return Fidelity.EMULATED if self.works else Fidelity.EQUAL


def losses(caller: Spec, backend: Spec, fill: frozenset[str] = frozenset()) -> Losses:
    """What a caller of the one loses over a backend of the other.

    Args:
        caller: The caller's dialect, checked.
        backend: The backend's dialect, checked.
        fill: Hub fields that the configuration supplies in the backend's place.
    """
    if caller.dialect == backend.dialect:
        return Losses(caller.dialect, backend.dialect)
    shown, supplied = _fields(caller), _fields(backend)
    return Losses(
        caller.dialect,
        backend.dialect,
        absent=_lacking(shown, supplied | fill),
        unlisted=_ordered((_listed(caller) & supplied) - _listed(backend) - fill),
        unseen=_lacking(supplied, shown),
        collapsed=_collapsed(caller, backend),
        unsaid=tuple(status for status in Status if status in caller.statuses and status not in backend.statuses),
        emulated=_emulated(caller, backend),
        counted=_counted(caller, backend),
        walked=caller.paging is None and backend.paging is not None,
        sliced=caller.paging is not None and backend.paging is None,
        windowed=_windowed(caller.paging, backend.paging),
        cancel_reads=caller.answers.cancel.job is not None and backend.answers.cancel.job is None,
        scope_checked=not all(map(_says_scope, (backend.operations.get, backend.operations.cancel))),
        unscoped=caller.scope.kind != backend.scope.kind,
    )


def _fields(spec: Spec) -> frozenset[str]:
    """The hub fields that a dialect has a place for, those of its tasks included."""
    parts = (f"{name}.{part}" for name, field in spec.job.items() for part in field.each or ())
    return frozenset((*spec.job, *parts))


def _listed(spec: Spec) -> frozenset[str]:
    """The hub fields that the jobs of a list have."""
    return frozenset(name for name, field in spec.job.items() if not field.detail_only)


def _whole(name: str) -> str:
    return name.partition(".")[0]


def _lacking(names: frozenset[str], others: frozenset[str]) -> tuple[str, ...]:
    """The names that are not among the others; of what lacks as a whole, or was filled, no parts."""
    lacking = names - others
    return _ordered(frozenset(name for name in lacking if name == _whole(name) or _parted(name, others)))


def _parted(part: str, others: frozenset[str]) -> bool:
    """Whether the others have the part's whole, and some parts of it."""
    return any(name != _whole(name) and _whole(name) == _whole(part) for name in others)


def _ordered(names: frozenset[str]) -> tuple[str, ...]:
    """Names in the hub's order, a part after its whole."""
    return tuple(sorted(names, key=lambda name: (Job.__struct_fields__.index(_whole(name)), name)))


def _collapsed(caller: Spec, backend: Spec) -> tuple[Collapse, ...]:
    """Statuses that the backend tells apart and the caller's words do not."""
    shown_as = {other: status for status, word in caller.statuses.items() for other in word.also_written_for}
    return tuple(
        Collapse(status, shown_as[status])
        for status in Status
        if status in backend.statuses and status not in caller.statuses
    )


def _emulated(caller: Spec, backend: Spec) -> tuple[str, ...]:
    """The conditions, in the hub's order, and the orders that the gateway evaluates."""
    asked = caller.filter.conditions if caller.filter else {}
    exact = set(backend.filter.exact if backend.filter else ())
    if not _status_sets(caller) <= _status_sets(backend):
        exact.discard("statuses")
    conditions = (name for name in Wanted.__struct_fields__ if name in asked and name not in exact)
    orders = (order for order in _asked_orders(caller) if order not in _given_orders(backend))
    return (*conditions, *orders)


def _status_sets(spec: Spec) -> frozenset[frozenset[Status]]:
    """The sets of statuses that a dialect's words stand for: a filter can ask for these and no others."""
    return frozenset(status_codec(spec.statuses).sets.values())


def _asked_orders(caller: Spec) -> tuple[str, ...]:
    """The orders that a caller's list can have; creation order by id and by time are taken as the same."""
    if caller.filter and caller.filter.order:
        return (NEWEST_FIRST, OLDEST_FIRST)
    return (NEWEST_FIRST,) if caller.order else ()


def _given_orders(backend: Spec) -> tuple[str, ...]:
    """The orders that a backend gives; one that says none has none that could be turned."""
    return _asked_orders(backend) if backend.order else ()


def _counted(caller: Spec, backend: Spec) -> bool:
    """A whole list needs no total: its jobs are counted as they lie there."""
    shows, given = caller.answers.list.total is not None, backend.answers.list.total is not None
    return shows and not given and backend.paging is not None


def _windowed(caller: Paging | None, backend: Paging | None) -> bool:
    if caller is None or backend is None:
        return False
    if caller.by == "offset" and backend.by == "page":
        return True
    bound, largest = None if caller.size.too_large == "accept" else caller.size.largest, backend.size.largest
    return largest is not None and (bound is None or bound > largest)


def _says_scope(endpoint: Endpoint) -> bool:
    return "{scope}" in endpoint.path.split("/")
