"""``explain``: what would become of a request, without asking any backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from jobgateway.building import build_gateway
from jobgateway.commands.asked import read_header, request_of
from jobgateway.commands.configured import config_option, configured
from jobgateway.commands.explained import explained_data
from jobgateway.commands.explaining import explain_request
from jobgateway.commands.output import columns, format_option, print_json
from jobgateway.commands.pairs import of_route
from jobgateway.commands.telling import lines_of
from jobgateway.edge.banner import url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobgateway.translation.wire import Headers

SUPPOSED: Final = 1000
MOST_SUPPOSED: Final = 100_000


@click.command()
@config_option
@click.argument("method")
@click.argument("target")
@click.option(
    "-H", "headers", type=read_header, multiple=True, metavar="'NAME: VALUE'", help="A header of the request."
)
@click.option(
    "--jobs",
    type=click.IntRange(0, MOST_SUPPOSED),
    default=SUPPOSED,
    show_default=True,
    help="How many jobs the backend is supposed to hold.",
)
@format_option("text", "json")
def explain(path: str, method: str, target: str, headers: Headers, jobs: int, form: str) -> None:
    """Tell what would become of a request, asking no backend.

    TARGET is a path with its query, or a URL. What is told: the routes, the caller, the call, its scope, the credential
    (never itself), the requests to the backend, the answer, the losses. What depends on a backend's answers is told as
    for one that holds some jobs. Exits with 0 also where the request would be refused.
    """
    config = configured(path)
    gateway = build_gateway(config)
    request = request_of(method, target, headers, url_of(config.listen).partition("://")[2])
    known = explain_request(gateway, request, jobs)
    data = explained_data(known, config, request)
    if form == "json":
        print_json(data)
        return
    told = [*_way_lines(data), *_plan_lines(data), *_answer_lines(data)]
    if known.lane is not None:
        lost = of_route(config, known.lane.dialect.name, known.lane.backend.name).losses
        told += [("losses", lost.fidelity), *((f"  {word}", text) for word, text in lines_of(lost))]
    click.echo("\n".join(columns(told)))


def _way_lines(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """From the request to what goes out."""
    asked = data["request"]
    yield "request", f"{asked['method']} {asked['path']}{'?' if asked['query'] else ''}{asked['query']}"
    for route in data["routes"]:
        name = f"routes[{route['index']}]: {route['dialect']} from {route['backend']} ({route['backend_dialect']})"
        yield ("not taken", f"{name}: {route['why_not']}") if route["why_not"] else ("route", name)
    if data["route"] is not None:
        yield "caller", data["caller"] or "not a known one"
    if data["login"] is not None:
        yield "login", f"gives {data['login']}"
    if (call := data["call"]) is not None:
        said = (f"{name} {_told(value)}" for name, value in call.items() if name != "operation" and _told(value))
        yield "call", f"{call['operation']}: {', '.join(said) or 'all'}"
    if (scope := data["scope"]) is not None:
        yield "scope", f"{scope['asked'] or 'none'} -> {scope['sent'] or 'none'} ({scope['why']})"
    if (credential := data["credential"]) is not None:
        yield "credential", f"{credential['header']}: {credential['value']} ({credential['source']})"


def _told(value: Any) -> str:
    """A value of a call in words; nothing where it says nothing."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name} {_told(each)}" for name, each in value.items() if _told(each))
        return f"({inner})" if inner else ""
    if isinstance(value, list):
        return " or ".join(value)
    return "" if value is None or value is False else "yes" if value is True else str(value)


def _plan_lines(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The backend's requests; headers where they are not those of the request before."""
    plan = data["plan"]
    if plan is None:
        return
    listing = data["call"]["operation"] == "list"
    holds = f"that it holds {plan['supposed_jobs']} jobs" if listing else "that the job is there and runs"
    count = plan["requests"]
    beside = ", those of one step side by side" if count > len(plan["batches"]) else ""
    yield "plan", f"{count} request{'' if count == 1 else 's'} to the backend{beside}, supposing {holds}"
    headers: dict[str, str] = {}
    for number, batch in enumerate(plan["batches"], 1):
        for request in batch:
            yield f"  step {number}", f"{request['method']} {request['url']}"
            if request["headers"] != headers:
                headers = request["headers"]
                yield from (("", f"{name}: {value}") for name, value in headers.items())
    if count > plan["told"]:
        yield "", f"and {count - plan['told']} more"


def _answer_lines(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    answer = data["answer"]
    if answer["refusal"] is not None:
        yield "refused", f"{answer['status']}: {answer['detail']} ({answer['refusal']})"
    elif answer["jobs"] is None:
        yield "answer", f"{answer['status']}"
    else:
        total = "" if answer["total"] is None else f" of {answer['total']}"
        yield "answer", f"{answer['status']}, {answer['jobs']}{total} job{'' if answer['jobs'] == 1 else 's'}"
