"""Whose fault a backend's refusal is, and so what the caller is told."""

from __future__ import annotations

from typing import Final

import msgspec

from jobgateway.translation.hub import Call, GetJob, ListJobs, Reason, Refusal

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

_OF_ONE_JOB: Final = frozenset({Reason.BAD_ID, Reason.NO_JOB, Reason.NOT_CANCELLABLE})
_BESIDE: Final = Refusal(Reason.BAD_REQUEST)


def meant(refusal: Refusal, call: Call) -> Refusal:
    """A backend's refusal as one of this call: what can never be said to it is taken as a request not understood.

    An id is refused as the caller sent it, whatever the backend says that it was.
    """
    if isinstance(call, ListJobs):
        return _BESIDE if refusal.reason in _OF_ONE_JOB else refusal
    if refusal.reason is Reason.NOT_CANCELLABLE and isinstance(call, GetJob):
        return _BESIDE
    return msgspec.structs.replace(refusal, value=str(call.id)) if refusal.reason is Reason.BAD_ID else refusal


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
