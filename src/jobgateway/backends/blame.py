"""Whose fault a backend's refusal is, and so what the caller is told."""

from __future__ import annotations

from typing import Final

from jobgateway.translation.hub import Reason, Refusal

_CREDENTIAL: Final = frozenset({Reason.NO_CREDENTIAL, Reason.BAD_CREDENTIAL, Reason.FORBIDDEN})
_ANSWERS: Final = frozenset(
    {
        Reason.NO_SCOPE,
        Reason.NO_JOB,
        Reason.BAD_ID,
        Reason.NOT_CANCELLABLE,
        Reason.THROTTLED,
        Reason.BACKEND_FAILED,
        Reason.BACKEND_UNAVAILABLE,
        Reason.BACKEND_LATE,
        Reason.OUTCOME_UNKNOWN,
        Reason.OVERLOADED,
    }
)
"""What a caller is told as the backend told it."""
_FAULT_OF: Final = {
    Reason.NO_PATH: "the backend does not know this path; is its url right?",
    Reason.NO_METHOD: "the backend does not know this method; is its url right?",
    Reason.INTERNAL: "the backend failed",
}


def blame(refusal: Refusal, *, lent: bool, same: bool) -> Refusal:
    """What the caller is told of a backend's refusal.

    ``lent``: the credential was the gateway's, so its refusal is not the caller's fault.
    ``same``: caller and backend speak one dialect, so the parameters were the caller's own.
    """
    reason = refusal.reason
    if reason in _ANSWERS:
        return refusal
    if reason in _CREDENTIAL:
        return Refusal(Reason.BACKEND_FAILED, "the backend refused the gateway's credential") if lent else refusal
    if reason is Reason.BAD_PARAMETER and same:
        return refusal
    detail = _FAULT_OF.get(reason, "the backend refused what the gateway asked")
    return Refusal(Reason.BACKEND_FAILED, detail, retry_after=refusal.retry_after)
