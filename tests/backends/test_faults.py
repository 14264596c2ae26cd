"""What a failed exchange means to a caller: for a cancel, never more than is known."""

from __future__ import annotations

import pytest

from jobgateway.backends.faults import late, refusal_of
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.hub import Call, CancelJob, GetJob, ListJobs, Reason, Refusal

GET = GetJob("scope", 1)
CANCEL = CancelJob("scope", 1)


@pytest.mark.parametrize("call", [GET, ListJobs()])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.UNSENDABLE, Reason.INTERNAL),
        (Fault.UNREACHABLE, Reason.BACKEND_UNAVAILABLE),
        (Fault.BUSY, Reason.OVERLOADED),
        (Fault.BROKEN, Reason.BACKEND_FAILED),
        (Fault.UNREADABLE, Reason.BACKEND_FAILED),
    ],
)
def test_a_fault_while_reading_is_told_by_its_kind(call: Call, fault: Fault, reason: Reason):
    refusal = refusal_of(TransportError(fault, "the reason for it"), call)
    assert refusal.reason is reason
    assert refusal.detail.endswith(": the reason for it")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.UNSENDABLE, Reason.INTERNAL),
        (Fault.UNREACHABLE, Reason.BACKEND_UNAVAILABLE),
        (Fault.BUSY, Reason.OVERLOADED),
        (Fault.BROKEN, Reason.OUTCOME_UNKNOWN),
        (Fault.UNREADABLE, Reason.OUTCOME_UNKNOWN),
    ],
)
def test_a_cancel_that_may_have_reached_the_backend_has_an_unknown_outcome(fault: Fault, reason: Reason):
    assert refusal_of(TransportError(fault, "why"), CANCEL).reason is reason


def test_every_fault_has_a_refusal_for_every_call():
    for fault in Fault:
        for call in (GET, CANCEL, ListJobs()):
            assert refusal_of(TransportError(fault, "why"), call).detail


def test_a_cancel_that_broke_off_says_what_is_not_known():
    refusal = refusal_of(TransportError(Fault.BROKEN, "why"), CANCEL)
    assert refusal.detail == "the backend broke off while cancelling: whether the job was cancelled is not known"


def test_what_is_late_is_told_as_late_unless_a_cancel_is_out():
    assert late(cancelling=False) == Refusal(Reason.BACKEND_LATE, "the backend did not answer in time")
    assert late(cancelling=True).reason is Reason.OUTCOME_UNKNOWN
    assert late(cancelling=True).detail.endswith("whether the job was cancelled is not known")


def test_what_is_late_behind_a_cancel_says_that_the_job_was_cancelled():
    refusal = late(cancelling=False, cancelled=True)
    assert refusal == Refusal(Reason.BACKEND_LATE, "the job was cancelled, but the backend did not show it in time")
    assert late(cancelling=True, cancelled=True).reason is Reason.OUTCOME_UNKNOWN
