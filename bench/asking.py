"""Single requests, and whether who answers them says what it should."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any, Final

from msgspec import Struct

from bench.wording import CALLER, CASES, SCOPE, Wanted, page, wanted
from jobgateway.translation.hub import GetJob

TIMEOUT: Final = 30.0


class Answer(Struct, frozen=True):
    """A status and a body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """What the body says; the body's beginning, where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body[:200]


CHECKED: Final[dict[str, Wanted]] = {
    **{name: wanted(CALLER, call) for name, call in CASES.items()},
    "a page in the middle": wanted(CALLER, page(50, 7)),
    "a page behind the end": wanted(CALLER, page(200, 1000)),
    "a job that is not there": wanted(CALLER, GetJob(SCOPE, 1)),
    "a wrong key": wanted(CALLER, page(50), key="x" * 20),
    "no limit given": Wanted(wanted(CALLER, page(50)).target.partition("?")[0], wanted(CALLER, page(50)).header),
}
"""What every translating contender must answer as the gateway does."""


def ask(port: int, request: Wanted) -> Answer:
    """The answer to one request on a connection of its own. Raises ``OSError``, also where it is no HTTP."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        return ask_on(connection, request)


def ask_on(connection: http.client.HTTPConnection, request: Wanted) -> Answer:
    """The answer to one request on a connection that is kept. Raises ``OSError``, also where it is no HTTP."""
    try:
        connection.request("GET", request.target, headers=dict([request.header]))
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except http.client.HTTPException as error:
        raise ConnectionError(f"not an HTTP answer: {error!r}") from error


def answers(port: int) -> dict[str, Answer]:
    """What a contender answers to all that is checked."""
    return {name: ask(port, request) for name, request in CHECKED.items()}


def disagreements(expected: dict[str, Answer], found: dict[str, Answer]) -> list[str]:
    """What is not answered as expected: another status, or where that is 200, another JSON."""
    problems = []
    for name, right in expected.items():
        answer = found[name]
        if answer.status != right.status:
            problems.append(f"{name}: {answer.status} instead of {right.status}")
        elif right.status == http.client.OK and answer.json() != right.json():
            problems.append(f"{name}: other jobs")
    return problems
