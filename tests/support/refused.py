"""Requests that are refused: how tests put them, and what a refusal looks like in each dialect, told by hand."""

from __future__ import annotations

import json

import anyio

from jobgateway.config.model import Limits
from jobgateway.gateway import Exchange
from jobgateway.mock.population import population
from jobgateway.translation.hub import Reason
from jobgateway.translation.wire import Request
from support.gateways import DIALECTS, SCOPE, gateway_over, get

JOBS = population(12, seed=3)
LISTS = {
    "openreplay-v2": f"/public/{SCOPE}/jobs",
    "openreplay-v1": f"/api/v1/{SCOPE}/jobs",
    "explorer": "/api-open/v1/jobs",
}
CALLERS = tuple(LISTS)
BACKEND_OF = {"openreplay-v2": "explorer", "openreplay-v1": "openreplay-v2", "explorer": "openreplay-v1"}
"""Every caller over another dialect than its own."""
CANCELS = {"openreplay-v2": ("DELETE", ""), "openreplay-v1": ("DELETE", ""), "explorer": ("PUT", "/cancel")}
"""Method, and what follows the id."""


def ask(
    caller: str, *targets: str, method: str = "GET", profile: str = "documented"
) -> list[tuple[Exchange, list[Request]]]:
    """What is made of each target, and what the backend saw of it."""
    seen: list[Request] = []
    asked = []

    async def scenario() -> None:
        gateway = gateway_over(
            JOBS, caller=caller, backend=BACKEND_OF[caller], profile=profile, limits=Limits(rows=500), seen=seen.append
        )
        for target in targets:
            seen.clear()
            exchange = await gateway.answer(get(target, DIALECTS[caller], method=method))
            asked.append((exchange, list(seen)))
        await gateway.aclose()

    anyio.run(scenario)
    return asked


CODES = {
    Reason.BAD_ID: 40004001,
    Reason.BAD_PARAMETER: 40004001,
    Reason.BAD_REQUEST: 40004000,
    Reason.NO_JOB: 40404000,
    Reason.NO_SCOPE: 40404000,
    Reason.NO_PATH: 40404000,
    Reason.NO_METHOD: 40504000,
    Reason.LIMIT: 50104000,
}
STATUSES = {
    Reason.BAD_ID: 400,
    Reason.BAD_PARAMETER: 400,
    Reason.BAD_REQUEST: 400,
    Reason.NO_JOB: 404,
    Reason.NO_SCOPE: 404,
    Reason.NO_PATH: 404,
    Reason.NO_METHOD: 405,
    Reason.LIMIT: 501,
}
FRAMEWORK = (Reason.NO_PATH, Reason.NO_METHOD)


def check_refused(caller: str, exchange: Exchange, reason: Reason) -> None:
    """The documented profile's status and shape, by hand for each dialect."""
    response = exchange.response
    status = 500 if (caller, reason) == ("openreplay-v1", Reason.LIMIT) else STATUSES[reason]
    assert (exchange.reason, response.status, response.media) == (reason, status, "application/json")
    body = json.loads(response.body)
    if caller == "explorer":
        assert body.keys() == {"code", "message"}
        assert body["code"] == CODES[reason]
        assert body["message"].startswith("Err")
        return
    key = "error" if caller == "openreplay-v2" else "detail" if reason in FRAMEWORK else "errors"
    assert body.keys() == {key}
    text = body[key][0] if key == "errors" else body[key]
    assert text and isinstance(text, str)
    assert key != "errors" or len(body[key]) == 1


def check_refused_here(caller: str, exchange: Exchange, seen: list[Request], reason: Reason) -> None:
    check_refused(caller, exchange, reason)
    assert (exchange.origin, exchange.calls, seen) == ("gateway", 0, [])
    assert len(exchange.response.body) < 400
