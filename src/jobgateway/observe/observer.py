"""Who is told what happens: backend calls as they end, and callers' requests when they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from jobgateway.translation.hub import Operation


class Served(Struct, frozen=True, gc=False):
    """A caller's request that has come to its end.

    It holds names from the configuration, closed words and counts: no credential, path or query.
    """

    request_id: str
    status: int
    origin: Literal["gateway", "backend"]
    caller: str | None = None
    dialect: str | None = None
    backend: str | None = None
    operation: Operation | None = None
    reason: str | None = None
    """A ``Reason``, or ``caller_gone`` where nobody was left to answer."""
    backend_calls: int = 0
    seconds: float = 0.0
    size: int = 0
    """Bytes of the answer's body."""


class Observer(Protocol):
    """Is told of every backend call and every login at a backend, by the gateway."""

    def backend_call(self, backend: str, operation: Operation, outcome: str, seconds: float) -> None:
        """A backend call has ended; ``outcome`` is ``ok`` or a ``Reason``."""
        ...

    def logged_in(self, backend: str, outcome: str) -> None:
        """A login of the gateway at a backend has ended; ``outcome`` is ``ok`` or a ``Reason``."""
        ...

    def session_lost(self, backend: str) -> None:
        """A backend has refused a token before its time."""
        ...

    def session_closed(self, backend: str) -> None:
        """The gateway will not log in there any more."""
        ...


class Recorder(Protocol):
    """Is told of every request, by the edge."""

    def served(self, served: Served) -> None:
        """A request has come to its end."""
        ...


class Silent:
    """An observer and recorder that keeps nothing."""

    def backend_call(self, backend: str, operation: Operation, outcome: str, seconds: float) -> None:
        """Keep nothing."""

    def logged_in(self, backend: str, outcome: str) -> None:
        """Keep nothing."""

    def session_lost(self, backend: str) -> None:
        """Keep nothing."""

    def session_closed(self, backend: str) -> None:
        """Keep nothing."""

    def served(self, served: Served) -> None:
        """Keep nothing."""
