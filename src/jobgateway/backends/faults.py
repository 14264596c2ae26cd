"""What a failed exchange with a backend means to the caller who asked for it."""

from __future__ import annotations

from typing import Final

from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.hub import Call, CancelJob, Reason, Refusal
from jobgateway.translation.reasons import told

_UNKNOWN: Final = "whether the job was cancelled is not known"

_REFUSALS: Final[dict[Fault, tuple[Reason, str]]] = {
    Fault.UNSENDABLE: (Reason.INTERNAL, "the backend was not asked"),
    Fault.UNREACHABLE: (Reason.BACKEND_UNAVAILABLE, "the backend cannot be reached"),
    Fault.BUSY: (Reason.OVERLOADED, "the backend was not asked"),
    Fault.BROKEN: (Reason.BACKEND_FAILED, "the backend gave no whole answer"),
    Fault.UNREADABLE: (Reason.BACKEND_FAILED, "the backend's answer cannot be read"),
}

_CANCEL_REFUSALS: Final[dict[Fault, str]] = {
    Fault.BROKEN: "the backend broke off while cancelling",
    Fault.UNREADABLE: "the backend's answer to the cancel cannot be read",
}
"""The faults after which a backend may have acted. An answer that is refused unread says neither yes nor no."""


def refusal_of(error: TransportError, call: Call) -> Refusal:
    """The refusal for a call whose request got no usable answer."""
    if isinstance(call, CancelJob) and error.fault in _CANCEL_REFUSALS:
        why = f"{error}; " if error.fault is Fault.UNREADABLE else ""  # a limit that was reached is named
        return Refusal(Reason.OUTCOME_UNKNOWN, f"{_CANCEL_REFUSALS[error.fault]}: {why}{_UNKNOWN}")
    reason, text = _REFUSALS[error.fault]
    return Refusal(reason, f"{text}: {error}")


def unsure(refusal: Refusal) -> Refusal:
    """What the refusal of an answer of success means to a cancel: one that cannot be read says neither yes nor no."""
    if refusal.reason is not Reason.BACKEND_FAILED:
        return refusal
    return Refusal(Reason.OUTCOME_UNKNOWN, f"{told(refusal.reason, refusal.detail)}: {_UNKNOWN}")


def late(*, cancelling: bool, cancelled: bool = False) -> Refusal:
    """The refusal when the deadline passes.

    ``cancelling``: a cancel was begun and how it ended is not known. ``cancelled``: it ended
    well, what followed did not.
    """
    if cancelling:
        return Refusal(Reason.OUTCOME_UNKNOWN, f"the backend did not answer in time: {_UNKNOWN}")
    if cancelled:
        return Refusal(Reason.BACKEND_LATE, "the job was cancelled, but the backend did not show it in time")
    return Refusal(Reason.BACKEND_LATE, "the backend did not answer in time")
