"""Recorded traffic of two real servers: read by the backend side, written back by the caller side.

Each exchange about jobs must come back equal in status and body, in the `deployed` profile. What is
not claimed is listed here, and in the README's limits, with the reason; a rule without use fails.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import Page, Refusal
from jobgateway.translation.wire import Response
from support.recordings import Recording, recordings
from support.specs import all_specs

DIALECTS = {name: compile_dialect(spec) for name, spec in all_specs().items()}
RECORDINGS = list(recordings())


def below_the_application(one: Recording) -> bool:
    """The HTTP server answered, not the API."""
    said = one.response.body[:40]
    return one.response.status in (301, 307, 505) or said.startswith((b"Invalid HTTP", b"400 Bad Request"))


def other_target_forms(one: Recording) -> bool:
    """Absolute-form, a fragment, bare line feeds: the edge's business, refused there."""
    return one.case in {
        "route[absolute-form]",
        "route[absolute-form-other-host]",
        "auth[userinfo-in-absolute-form]",
        "route[fragment]",
        "lf-only-lines",
    }


def other_routes(one: Recording) -> bool:
    """Users, projects, health and whatever else the server has besides jobs."""
    return "/jobs" not in one.request.path or "api-prefix" in one.case or one.case == "preflight[unknown route]"


def preflight(one: Recording) -> bool:
    """OPTIONS: the server's CORS is its own."""
    return one.request.method == "OPTIONS" and one.response.status in (200, 400)


def lenient_ids(one: Recording) -> bool:
    """Ids that no document promises (`+3`, `007`, `3.0`, spaces, negative, beyond 64 bits): refused."""
    last = one.request.path.rpartition("/")[2]
    if "jobs" not in one.request.path or last == "jobs" or plain_id(last):
        return False
    beyond = last.isdigit() and int(last) >= 2**63
    return beyond or one.response.status in (200, 404) or one.case == "cancel-id[3.0, completed job 3]"


def beyond_the_servers_integers(one: Recording) -> bool:
    """A cancel of an id beyond 32 bits: there is no such job, and so it is told."""
    return b"is greater than maximum value for Int4" in one.response.body


def plain_id(text: str) -> bool:
    """Whether this is an id that gateway and document both know."""
    return text.isascii() and text.isdigit() and str(int(text)) == text and int(text) < 2**63


def separators_in_disguise(one: Recording) -> bool:
    """`%2F` and NUL in a path: the gateway decodes segments, not paths."""
    return any(each in one.request.path for each in ("%2F", "%2f", "%00")) and "jobs" in one.request.path


def unreadable_text(one: Recording) -> bool:
    """Refused values that are not UTF-8 cannot be repeated."""
    return one.case in ("get-id[invalid-utf8]", "get-id[raw-utf8]")


def bodies_of_cancels(one: Recording) -> bool:
    """A cancel has no body: what is sent is not forwarded, so not judged."""
    return one.request.method == "DELETE" and b"json_invalid" in one.response.body


def bad_id_first(one: Recording) -> bool:
    """A bad id is refused by the gateway before the backend judges the credential."""
    return one.case.endswith("+bad-id")


def head_bodies(one: Recording) -> bool:
    """The answer to HEAD has no body: the HTTP server's business."""
    return one.request.method == "HEAD" and one.dialect == "openreplay-v1"


def failures(one: Recording) -> bool:
    """The server's own failure is told as the backend's, in the gateway's words."""
    return one.response.status == 500


def upgrades(one: Recording) -> bool:
    """No protocol is switched to."""
    return one.case == "upgrade-websocket"


UNCLAIMED: tuple[Callable[[Recording], bool], ...] = (
    below_the_application,
    other_target_forms,
    other_routes,
    preflight,
    lenient_ids,
    beyond_the_servers_integers,
    separators_in_disguise,
    unreadable_text,
    bodies_of_cancels,
    bad_id_first,
    head_bodies,
    failures,
    upgrades,
)


def rule_of(one: Recording) -> Callable[[Recording], bool] | None:
    """The first rule that excludes an exchange."""
    return next((rule for rule in UNCLAIMED if rule(one)), None)


def through(one: Recording) -> Response:
    """The recorded answer, read and written back; where no call is asked for, the gateway's own answer."""
    dialect = DIALECTS[one.dialect]
    call = dialect.read_call(one.request)
    if isinstance(call, Refusal):
        return dialect.write_reply(None, call, "deployed")
    return dialect.write_reply(call, dialect.read_reply(call, one.response), "deployed")


def same(one: Response, other: Response) -> bool:
    """Whether two answers are equal as JSON, or as bytes where they are none."""
    return one.status == other.status and content(one) == content(other)


def content(response: Response) -> object:
    """The JSON value of a body, else its bytes."""
    try:
        return json.loads(response.body)
    except ValueError:
        return response.body


@pytest.mark.parametrize("one", [each for each in RECORDINGS if rule_of(each) is None], ids=lambda one: one.case)
def test_a_recorded_answer_comes_back_as_it_was(one: Recording) -> None:
    written = through(one)

    assert written.status == one.response.status
    assert content(written) == content(one.response)


@pytest.mark.parametrize("rule", UNCLAIMED, ids=lambda rule: rule.__name__)
def test_each_rule_excludes_what_would_differ(rule: Callable[[Recording], bool]) -> None:
    excluded = [one for one in RECORDINGS if rule_of(one) is rule]

    assert any(not same(through(one), one.response) for one in excluded)


def test_how_much_of_the_recorded_traffic_is_claimed_and_how_much_comes_back_equal() -> None:
    claimed = Counter(one.dialect for one in RECORDINGS if rule_of(one) is None)
    equal = Counter(one.dialect for one in RECORDINGS if same(through(one), one.response))

    assert claimed == {"openreplay-v1": 331, "openreplay-v2": 285}
    assert equal == {"openreplay-v1": 348, "openreplay-v2": 302}


def test_the_recorded_lists_are_read_whole() -> None:
    one = next(each for each in RECORDINGS if each.case == "list-130")
    dialect = DIALECTS[one.dialect]
    call = dialect.read_call(one.request)
    assert not isinstance(call, Refusal)

    page = dialect.read_reply(call, one.response)

    assert isinstance(page, Page)
    assert len(page.jobs) == 130
