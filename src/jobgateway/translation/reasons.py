"""What each reason means in HTTP, and in plain words, where a dialect has no word of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jobgateway.translation.hub import Reason

STATUS_OF: Final[Mapping[Reason, int]] = {
    Reason.BAD_REQUEST: 400,
    Reason.NO_CREDENTIAL: 401,
    Reason.BAD_CREDENTIAL: 401,
    Reason.FORBIDDEN: 403,
    Reason.NO_SCOPE: 404,
    Reason.BAD_ID: 400,
    Reason.NO_JOB: 404,
    Reason.NOT_CANCELLABLE: 400,
    Reason.BAD_PARAMETER: 400,
    Reason.NO_PATH: 404,
    Reason.NO_METHOD: 405,
    Reason.TOO_LARGE: 413,
    Reason.CALLER_LATE: 408,
    Reason.LIMIT: 501,
    Reason.UNSUPPORTED: 501,
    Reason.THROTTLED: 429,
    Reason.INTERNAL: 500,
    Reason.BACKEND_FAILED: 502,
    Reason.BACKEND_UNAVAILABLE: 503,
    Reason.BACKEND_LATE: 504,
    Reason.OUTCOME_UNKNOWN: 504,
    Reason.OVERLOADED: 503,
}
"""The status that says a reason (RFC 9110 section 15), unless a spec gives another."""

REASON_OF: Final[Mapping[int, Reason]] = {
    400: Reason.BAD_REQUEST,
    401: Reason.BAD_CREDENTIAL,
    403: Reason.FORBIDDEN,
    404: Reason.NO_PATH,
    405: Reason.NO_METHOD,
    413: Reason.TOO_LARGE,
    429: Reason.THROTTLED,
    500: Reason.INTERNAL,
    501: Reason.UNSUPPORTED,
    502: Reason.BACKEND_FAILED,
    503: Reason.BACKEND_UNAVAILABLE,
    504: Reason.BACKEND_LATE,
}
"""What a status alone tells, where no form of a spec fits; any other: the backend failed."""

PHRASE_OF: Final[Mapping[Reason, str]] = {
    Reason.BAD_REQUEST: "the request is malformed",
    Reason.NO_CREDENTIAL: "a credential is needed",
    Reason.BAD_CREDENTIAL: "the credential is not accepted",
    Reason.FORBIDDEN: "this caller may not ask here",
    Reason.NO_SCOPE: "no such project or workflow",
    Reason.BAD_ID: "not a job id",
    Reason.NO_JOB: "no such job",
    Reason.NOT_CANCELLABLE: "the job cannot be cancelled in its current state",
    Reason.BAD_PARAMETER: "a parameter is malformed",
    Reason.NO_PATH: "no such path",
    Reason.NO_METHOD: "the method is not known here",
    Reason.TOO_LARGE: "the request is too large",
    Reason.CALLER_LATE: "the request did not come whole in time",
    Reason.LIMIT: "a limit of the gateway is reached",
    Reason.UNSUPPORTED: "the backend cannot do this",
    Reason.THROTTLED: "too many requests",
    Reason.INTERNAL: "the gateway failed",
    Reason.BACKEND_FAILED: "the backend gave no usable answer",
    Reason.BACKEND_UNAVAILABLE: "the backend is unavailable",
    Reason.BACKEND_LATE: "the backend did not answer in time",
    Reason.OUTCOME_UNKNOWN: "whether the job was cancelled is not known",
    Reason.OVERLOADED: "the gateway has too much to do",
}
"""What is said of a reason that came without a detail."""


def told(reason: Reason, detail: str) -> str:
    """The detail, or the reason's own phrase."""
    return detail or PHRASE_OF[reason]
