"""Law 5: what is written for a reason is read as that reason, unless the spec says what else."""

from __future__ import annotations

import json

import pytest

from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import CancelJob, GetJob, ListJobs, Operation, Reason, Refusal, Status
from jobgateway.translation.reasons import REASON_OF, STATUS_OF
from jobgateway.translation.wire import Response
from support.specs import all_specs

DIALECTS = {name: compile_dialect(spec) for name, spec in all_specs().items()}
CALLS = {
    Operation.LIST: ListJobs("s"),
    Operation.GET: GetJob("s", 1),
    Operation.CANCEL: CancelJob("s", 1),
}
CASES = [
    (name, profile, operation, reason)
    for name, dialect in DIALECTS.items()
    for profile in dialect.spec.profiles
    for operation in CALLS
    for reason in Reason
]
SAME_IN_EFFECT = {
    Reason.NO_CREDENTIAL: Reason.BAD_CREDENTIAL,
    Reason.OVERLOADED: Reason.BACKEND_UNAVAILABLE,
    Reason.OUTCOME_UNKNOWN: Reason.BACKEND_LATE,
    Reason.UNSUPPORTED: Reason.LIMIT,
    Reason.LIMIT: Reason.UNSUPPORTED,
}
"""Where a dialect has one form for two reasons, the other that reading may yield."""


@pytest.mark.parametrize(("name", "profile", "operation", "reason"), CASES)
def test_a_reason_is_read_as_it_was_written(name: str, profile: str, operation: Operation, reason: Reason) -> None:
    dialect = DIALECTS[name]
    form = dialect.replies.refusals.form(reason, operation, profile)
    explicit = form in dialect.spec.refusals.forms.get(reason, ())
    response = dialect.write_reply(CALLS[operation], Refusal(reason), profile)

    reply = dialect.read_reply(CALLS[operation], response)

    assert isinstance(reply, Refusal)
    if explicit and not form.write_only:
        assert reply.reason is reason
    elif reply.reason is not reason and SAME_IN_EFFECT.get(reason) is not reply.reason:
        written = form.status or STATUS_OF[reason]
        others = [
            other
            for other, forms in dialect.spec.refusals.forms.items()
            for each in forms
            if not each.write_only
            and (each.code == form.code if form.code is not None else (each.status or STATUS_OF[other]) == written)
        ]
        assert reply.reason in [*others, REASON_OF.get(written, Reason.BACKEND_FAILED)], (reply, others)


@pytest.mark.parametrize(("name", "profile", "operation", "reason"), CASES)
def test_every_refusal_is_said_in_strict_json_or_has_a_documented_form_without(
    name: str, profile: str, operation: Operation, reason: Reason
) -> None:
    dialect = DIALECTS[name]
    refusal = Refusal(reason, 'a detail with \u2028 and "quotes"', value="\ud7ff<x>", allow=("GET",), retry_after=3)

    response = dialect.write_reply(CALLS[operation], refusal, profile)

    form = dialect.replies.refusals.form(reason, operation, profile)
    layout = dialect.spec.refusals.layouts[form.layout]
    assert 200 <= response.status <= 599
    assert (b"retry-after", b"3") in response.headers
    if layout.empty:
        assert response.body == b""
        assert response.media == ""
    elif layout.plain:
        assert response.media.startswith("text/plain")
    else:
        assert json.loads(response.body)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
def test_the_status_that_stands_in_the_way_is_told_where_the_dialect_has_words_for_it(
    name: str, status: Status
) -> None:
    dialect = DIALECTS[name]
    call = CALLS[Operation.CANCEL]

    reply = dialect.read_reply(
        call, dialect.write_reply(call, Refusal(Reason.NOT_CANCELLABLE, status=status), dialect.spec.profiles[-1])
    )

    tells = any(form.texts for form in dialect.spec.refusals.forms.get(Reason.NOT_CANCELLABLE, ()))
    assert isinstance(reply, Refusal)
    assert reply.reason is Reason.NOT_CANCELLABLE
    assert reply.status is (status if tells else None)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("status", [204, 301, 302, 307, 400, 402, 404, 409, 410, 418, 451, 500, 502, 503, 507, 599])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>secret</html>", b'{"error":"secret"}', b'{"code":1}', b"[]", b"null", b'{"data":{}}', b"{\xff"],
)
def test_any_answer_without_success_is_a_refusal_that_repeats_nothing_of_it(
    name: str, operation: Operation, status: int, body: bytes
) -> None:
    reply = DIALECTS[name].read_reply(CALLS[operation], Response(status, body, "application/json"))

    assert isinstance(reply, Refusal)
    assert "secret" not in reply.detail
