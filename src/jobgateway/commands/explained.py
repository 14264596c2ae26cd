"""An explanation as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jobgateway.commands.pairs import of_route, pair_data
from jobgateway.translation.hub import Call, Job, ListJobs, Order, Page, Refusal
from jobgateway.translation.reasons import told

if TYPE_CHECKING:
    from jobgateway.commands.explaining import Considered, Explanation
    from jobgateway.config.model import Config
    from jobgateway.routing.lane import Lane
    from jobgateway.translation.wire import Request

MOST_TOLD: Final = 100
"""Backend requests that are told one by one."""


def explained_data(known: Explanation, config: Config, request: Request) -> dict[str, Any]:
    """The explanation; its keys are stable, and null stands for what the request does not come to."""
    lane = known.lane
    return {
        "request": {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": [name.decode() for name, _ in request.headers],
        },
        "routes": [_route_data(each) for each in known.routes],
        "route": None if lane is None else lane.index,
        "caller": known.caller,
        "login": known.login,
        "call": None if known.call is None else call_data(known.call),
        "scope": _scope_data(known),
        "credential": _credential_data(known),
        "plan": None if lane is None else _plan_data(known, lane, config),
        "answer": _answer_data(known),
        "losses": None if lane is None else pair_data(of_route(config, lane.dialect.name, lane.backend.name)),
    }


def _route_data(each: Considered) -> dict[str, Any]:
    lane = each.lane
    return {
        "index": lane.index,
        "dialect": lane.dialect.name,
        "profile": lane.route.profile,
        "backend": lane.backend.name,
        "backend_dialect": lane.backend.dialect.name,
        "why_not": each.why_not,
    }


def call_data(call: Call) -> dict[str, Any]:
    """A call in the hub's words."""
    data: dict[str, Any] = {"operation": call.operation.value, "scope": call.scope}
    if not isinstance(call, ListJobs):
        return {**data, "id": call.id}
    wanted = {name: getattr(call.wanted, name) for name in call.wanted.__struct_fields__}
    if wanted["statuses"] is not None:
        wanted["statuses"] = sorted(wanted["statuses"])
    window = call.window and {"offset": call.window.offset, "limit": call.window.limit}
    return {**data, "window": window, "wanted": wanted, "order": _order(call.order), "counted": call.counted}


def _order(order: Order | None) -> str | None:
    return None if order is None else f"{order.key}, {'newest' if order.newest_first else 'oldest'} first"


def _scope_data(known: Explanation) -> dict[str, Any] | None:
    if known.lane is None or known.call is None or known.directed is None:
        return None
    asked, sent, rule = known.call.scope, known.directed.scope, known.lane.scopes
    if sent is None:
        why = "not confined"
    elif asked is None:
        why = "the backend's own"
    elif rule.mapped is not None:
        why = "mapped by the route"
    else:
        why = "the caller's" if rule.same_kind else "the backend's own"
    return {"asked": asked, "sent": sent, "why": why}


def _credential_data(known: Explanation) -> dict[str, str] | None:
    if known.credential is None:
        return None
    name, value = known.credential.header
    return {"source": known.credential.source, "header": name.decode(), "value": value.decode()}


def _plan_data(known: Explanation, lane: Lane, config: Config) -> dict[str, Any] | None:
    """The backend's requests: those within one list run side by side."""
    if known.supposed is None or known.credential is None:
        return None
    batches: list[list[dict[str, Any]]] = []
    left = MOST_TOLD
    for batch in known.supposed.batches:
        batches.append([_request_data(known, lane, config, call) for call in batch[:left]])
        left -= len(batches[-1])
        if left == 0:
            break
    return {
        "supposed_jobs": known.supposed.jobs,
        "requests": known.supposed.count,
        "told": MOST_TOLD - left,
        "batches": batches,
    }


def _request_data(known: Explanation, lane: Lane, config: Config, call: Call) -> dict[str, Any]:
    request = lane.backend.dialect.write_call(call)
    query = f"?{request.query}" if request.query else ""
    url = config.backends[lane.backend.name].url
    base = url if url.endswith("://") else url.rstrip("/")
    sent = (*request.headers, *([known.credential.header] if known.credential else ()), *known.headers)
    return {
        "method": request.method,
        "url": f"{base}{request.path}{query}",
        "headers": {name.decode(): value.decode("latin-1") for name, value in sent},
    }


def _answer_data(known: Explanation) -> dict[str, Any]:
    reply = known.reply
    data: dict[str, Any] = {"status": known.status, "refusal": None, "detail": None, "jobs": None, "total": None}
    if isinstance(reply, Refusal):
        return {**data, "refusal": reply.reason.value, "detail": told(reply.reason, reply.detail)}
    if isinstance(reply, Page):
        return {**data, "jobs": len(reply.jobs), "total": reply.total}
    return {**data, "jobs": 1 if isinstance(reply, Job) else None}
