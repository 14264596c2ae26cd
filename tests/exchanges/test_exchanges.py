"""Every hand-written exchange, played through a real gateway."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import anyio
import pytest

from jobgateway import gateway
from jobgateway.translation.hub import Operation, Reason
from support.exchanges import parse_exchange, read_exchange
from support.gateways import DIALECTS
from support.script import play

HERE = Path(__file__).resolve().parent
FILES = sorted(HERE.glob("**/*.http"))
SHIPPED = ("openreplay-v2", "openreplay-v1", "explorer")
ELSEWHERE = {
    Reason.TOO_LARGE: "the edge refuses before the gateway is asked",
    Reason.CALLER_LATE: "the edge waits for requests, the gateway gets whole ones",
    Reason.INTERNAL: "no request of a caller makes the gateway fail",
    Reason.OVERLOADED: "the limits of connections stand in the transports and at the edge",
    Reason.BACKEND_UNAVAILABLE: "a script is always reachable; a 503 is the same reason",
    Reason.BACKEND_LATE: "a script has no clock",
    Reason.UNSUPPORTED: "every shipped backend can do what the shipped callers ask",
}
"""Reasons that no exchange ends with, or need not."""


@cache
def played(path: Path) -> tuple[gateway.Exchange, tuple[str, ...]]:
    result, deviations = anyio.run(play, read_exchange(path))
    return result, tuple(deviations)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE).with_suffix("")))
def test_the_exchange_goes_as_it_is_written(path: Path) -> None:
    _, deviations = played(path)

    assert not deviations, "\n\n".join(deviations)


def test_every_pair_has_its_operations_written_down() -> None:
    for caller in SHIPPED:
        for backend in SHIPPED:
            for operation in Operation:
                assert (HERE / f"{caller}-over-{backend}" / f"{operation}.http").is_file()


def test_every_caller_sees_every_refusal() -> None:
    seen = {(result.dialect, result.reason) for result, _ in map(played, FILES)}
    cannot_happen = {("openreplay-v1", Reason.BAD_PARAMETER)}  # it reads no parameters

    missing = {(caller, reason) for caller in SHIPPED for reason in Reason if reason not in ELSEWHERE} - seen

    assert missing == cannot_happen


def test_every_profile_is_shown_where_it_says_something_else() -> None:
    shown = Counter((exchange.setting.caller, exchange.setting.profile) for exchange in map(read_exchange, FILES))

    assert all(shown[name, profile] for name in SHIPPED for profile in DIALECTS[name].spec.profiles)


SMALL = """\
# One job.
caller: openreplay-v2
backend: openreplay-v1

=== the caller asks
GET /public/K/jobs/7 HTTP/1.1
Authorization: Bearer Sesame42

=== the backend is asked
GET /api/v1/K/jobs/7 HTTP/1.1
Authorization: Sesame42

=== the backend answers
HTTP/1.1 404 Not Found
Content-Type: application/json

{"errors": ["Job not found."]}

=== the caller is answered
HTTP/1.1 404 Not Found
Content-Type: application/json

{"error": "job not found"}
"""
TURN = SMALL[SMALL.index("=== the backend is asked") : SMALL.index("=== the caller is answered")]
SPOILT = {
    "another path": SMALL.replace("/api/v1/K/jobs/7 ", "/api/v1/K/jobs/8 "),
    "another method": SMALL.replace("GET /api", "PUT /api"),
    "another credential": SMALL.replace("Authorization: Sesame42", "Authorization: Sesame43"),
    "a header more": SMALL.replace("Authorization: Sesame42", "Authorization: Sesame42\nX-Extra: 1"),
    "a header less": SMALL.replace("Authorization: Sesame42\n", ""),
    "a call more": SMALL.replace(TURN, TURN + TURN),
    "a call less": SMALL.replace(TURN, ""),
    "side by side what is not": SMALL.replace(TURN, (TURN + TURN).replace("is asked", "is asked, side by side")),
    "another status": SMALL.replace(
        'HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{"error"',
        'HTTP/1.1 400 Bad Request\nContent-Type: application/json\n\n{"error"',
    ),
    "another text": SMALL.replace('"job not found"', '"no job found"'),
    "an answer header more": SMALL.replace('\n\n{"error"', '\nAllow: GET\n\n{"error"'),
}


@pytest.mark.parametrize("text", SPOILT.values(), ids=SPOILT)
def test_an_exchange_that_is_written_wrong_fails(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.script.PATIENCE", 0.05)
    assert text != SMALL

    _, deviations = anyio.run(play, parse_exchange(text))

    assert deviations


def test_an_exchange_that_is_written_right_passes() -> None:
    _, deviations = anyio.run(play, parse_exchange(SMALL))

    assert deviations == []


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("# One job.\n", ""),
        SMALL.replace("caller:", "asker:"),
        SMALL.replace("=== the caller is answered", "=== the end"),
        SMALL.replace("=== the backend answers", "=== the backend is silent"),
    ],
)
def test_a_file_that_is_not_laid_out_as_agreed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_exchange(text)
