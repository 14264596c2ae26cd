"""Which call a method and a path ask for, and the method, path and headers of a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

from msgspec import Struct

from jobgateway.translation.hub import LARGEST_ID, Call, CancelJob, GetJob, ListJobs, Reason, Refusal
from jobgateway.translation.spec import Endpoint, Operations
from jobgateway.translation.urls import MOST_SHOWN, decode, encode
from jobgateway.translation.wire import Headers

REMEMBERED: Final = 256
"""How many answers of one kind are remembered, the last that were asked for. Ids are none of it: all differ."""
SCOPE: Final = "{scope}"
ID: Final = "{id}"
_SLOTS: Final = (SCOPE, ID)

_NO_PATH: Final = Refusal(Reason.NO_PATH)
_NO_SCOPE: Final = Refusal(Reason.NO_SCOPE)  # nothing more: a malformed scope must look like one that is unknown
_ID_IS: Final = f"an id is a number from 0 to {LARGEST_ID} in ASCII digits, without a leading zero"

_LONGEST_ID: Final = len(str(LARGEST_ID))
_fits_scope: Final = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.~-]{1,64}").fullmatch

_JOB_KINDS: Final = (GetJob, CancelJob)
_JobKind = type[GetJob] | type[CancelJob]
_Kind = type[ListJobs] | _JobKind
_Offered = tuple[tuple[_Kind, tuple[Endpoint, ...]], ...]


def is_scope(text: str) -> bool:
    """Whether a text can be a scope: 1 to 64 unreserved characters (RFC 3986 section 2.3), not dots alone."""
    return _fits_scope(text) is not None


def read_id(text: str) -> int | None:
    """The id that a text says, or ``None``: ``0`` or ASCII digits without a leading zero, up to ``LARGEST_ID``."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID) or (text[0] == "0" and text != "0"):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


class _Shape(Struct, frozen=True):
    """A path that the dialect knows, and the call that each method asks for there."""

    pick: Callable[[Sequence[str | None]], tuple[str | None, ...]]
    """The segments that must be its literals."""
    literals: tuple[str, ...]
    scope: int
    """Where the scope stands among the segments; 0: nowhere."""
    id: int
    kinds: dict[str, _Kind]
    allow: tuple[str, ...]


class _Endpoint(Struct, frozen=True):
    """An endpoint as it is written."""

    method: str
    path: str
    """Percent-quoted, but for the slots."""
    headers: Headers
    scoped: bool


Form = tuple[str, str, Headers]
"""The method, path and headers of a request; where the path names a job, its id's slot is open."""


class _Endpoints(Struct, frozen=True):
    """The endpoints of a dialect, as they are written."""

    by_kind: dict[tuple[_Kind, bool], _Endpoint]
    """By what is asked for, and whether the call says a scope; one job may be asked for with a scope all the same."""

    def form(self, kind: _Kind, scope: str | None) -> Form:
        """How any call of a kind is asked for within a scope. Raises ``ValueError`` if no path can say it."""
        endpoint = self.by_kind.get((kind, scope is not None))
        if endpoint is None:
            raise ValueError(f"there is no path for a list {'without' if scope is None else 'with'} a scope")
        path = endpoint.path.replace(SCOPE, _scope_segment(scope)) if endpoint.scoped else endpoint.path
        return endpoint.method, path, endpoint.headers


class Paths(Struct, frozen=True):
    """The methods and paths of a dialect. ``root``: the literal first segments that all paths share."""

    root: tuple[str, ...]
    shapes: dict[int, tuple[_Shape, ...]]
    """By the number of segments; where two paths fit, the one whose literal comes first is taken."""
    form: Callable[[_Kind, str | None], Form]
    """How calls are asked for within a scope, remembered: it is the same for all ids."""

    def read(self, method: str, path: str) -> Call | Refusal:
        """The call that a raw path asks for; a list is bare, for its query says the rest.

        Refuses first the path, then the method, then the scope, then the id.
        """
        if "//" in path or path.endswith("/"):
            return _NO_PATH  # an empty segment is no scope, no id and no literal
        raw = path.split("/")
        texts: Sequence[str | None] = [decode(segment) for segment in raw] if "%" in path else raw
        for shape in self.shapes.get(len(texts), ()):
            if shape.pick(texts) == shape.literals:
                return _read_slots(shape, method, texts, raw)
        return _NO_PATH

    def before_id(self, method: str, start: str) -> tuple[_JobKind, str | None] | None:
        """What any id behind ``start`` as the last segment is asked for, and the scope; ``None``: none belongs there.

        It is the last segment where what is read of two ids differs in nothing else.
        """
        one, other = self.read(method, f"{start}/1"), self.read(method, f"{start}/2")
        if isinstance(one, _JOB_KINDS) and isinstance(other, _JOB_KINDS) and (one.id, other.id) == (1, 2):
            return type(one), one.scope
        return None

    def write(self, call: Call) -> Form:
        """The method, path and headers that ask for a call. Raises ``ValueError`` if no path can say it."""
        method, path, headers = self.form(type(call), call.scope)
        return method, path if type(call) is ListJobs else path.replace(ID, str(call.id)), headers


def _read_slots(shape: _Shape, method: str, texts: Sequence[str | None], raw: list[str]) -> Call | Refusal:
    kind = shape.kinds.get(method)
    if kind is None:
        return Refusal(Reason.NO_METHOD, allow=shape.allow)
    scope = None
    if shape.scope:
        scope = texts[shape.scope]
        if scope is None or not _fits_scope(scope):
            return _NO_SCOPE
    if kind is ListJobs:
        return ListJobs(scope)
    text = texts[shape.id]
    number = None if text is None else read_id(text)
    if number is None:
        return Refusal(Reason.BAD_ID, _ID_IS, value=(raw[shape.id] if text is None else text)[:MOST_SHOWN])
    return GetJob(scope, number) if kind is GetJob else CancelJob(scope, number)


def _scope_segment(scope: str | None) -> str:
    if scope is None:
        raise ValueError("the path says a scope, the call does not")
    if _fits_scope(scope):
        return scope
    if not scope.strip("."):
        raise ValueError("a scope of dots alone would change the path (RFC 3986 section 5.2.4)")
    return encode(scope)


def compile_paths(operations: Operations) -> Paths:
    """The paths of a spec, ready to be matched."""
    offered: _Offered = (
        (ListJobs, operations.list),
        (GetJob, (operations.get,)),
        (CancelJob, (operations.cancel,)),
    )
    by_path: dict[tuple[str, ...], dict[str, _Kind]] = {}
    for kind, endpoints in offered:
        for endpoint in endpoints:
            by_path.setdefault(tuple(endpoint.path.split("/")), {}).setdefault(endpoint.method, kind)
    shapes: dict[int, tuple[_Shape, ...]] = {}
    for segments in sorted(by_path, key=lambda path: [segment in _SLOTS for segment in path]):
        shapes[len(segments)] = (*shapes.get(len(segments), ()), _shape(segments, by_path[segments]))
    return Paths(_root(list(by_path)), shapes, lru_cache(REMEMBERED)(_Endpoints(_endpoints(offered)).form))


def _endpoints(offered: _Offered) -> dict[tuple[_Kind, bool], _Endpoint]:
    made: dict[tuple[_Kind, bool], _Endpoint] = {}
    for kind, endpoints in offered:
        for endpoint in map(_written, endpoints):
            for scoped in (endpoint.scoped,) if kind is ListJobs else (False, True):
                made.setdefault((kind, scoped), endpoint)
    return made


def _shape(segments: tuple[str, ...], kinds: dict[str, _Kind]) -> _Shape:
    literal = [at for at, text in enumerate(segments) if text not in _SLOTS]
    return _Shape(
        pick=itemgetter(*literal),  # gives a tuple: what stands before the first slash, and at least the first segment
        literals=tuple(segments[at] for at in literal),
        scope=segments.index(SCOPE) if SCOPE in segments else 0,
        id=segments.index(ID) if ID in segments else 0,
        kinds=kinds,
        allow=tuple(sorted(kinds)),
    )


def _written(endpoint: Endpoint) -> _Endpoint:
    segments = endpoint.path.split("/")
    quoted = (segment if segment in _SLOTS else encode(segment) for segment in segments)
    headers = tuple((name.lower().encode("ascii"), value.encode("ascii")) for name, value in endpoint.headers.items())
    return _Endpoint(endpoint.method, "/".join(quoted), headers, SCOPE in segments)


def _root(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    root = []
    for together in zip(*paths, strict=False):
        if len(set(together)) > 1 or together[0] in _SLOTS:
            break
        root.append(together[0])
    return tuple(root[1:])  # what stands before the first slash is no segment
