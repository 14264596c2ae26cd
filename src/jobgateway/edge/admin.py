"""The admin port: is the gateway alive, is it ready, what has it counted. Callers never reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from jobgateway.observe.exposition import MEDIA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from jobgateway.edge.health import Health

_FRESH: Final = {"cache-control": "no-store"}


class Exposing(Protocol):
    """What has counted."""

    def exposition(self) -> bytes:
        """All metrics, in Prometheus' text format."""
        ...


def admin_app(health: Health, metrics: Exposing) -> Starlette:
    """The application with ``/livez``, ``/readyz`` (``?verbose``, or as JSON) and ``/metrics``."""

    async def livez(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_FRESH)

    async def readyz(request: Request) -> Response:
        return _readiness(request, health.checks())

    async def exposition(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=MEDIA, headers=_FRESH)

    app = Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", exposition)])
    app.router.redirect_slashes = False  # a redirect would repeat the Host that was sent
    return app


def _readiness(request: Request, checks: Mapping[str, bool]) -> Response:
    status = 200 if all(checks.values()) else 503
    if "application/json" in request.headers.get("accept", ""):
        told = {"status": _word(ok=status == 200), "checks": {name: _word(ok=ok) for name, ok in checks.items()}}  # noqa: PLR2004
        return Response(msgspec.json.encode(told) + b"\n", status, _FRESH, "application/json")
    failed = [name for name, ok in checks.items() if not ok]
    text = f"failed: {', '.join(failed)}\n" if failed else "ok\n"
    if "verbose" in request.query_params:
        text = "".join(f"{_word(ok=ok)} {name}\n" for name, ok in checks.items()) + text
    return PlainTextResponse(text, status, _FRESH)


def _word(*, ok: bool) -> str:
    return "ok" if ok else "failed"
