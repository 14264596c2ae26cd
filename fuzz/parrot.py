"""A backend that answers the same to everything, and what a gateway makes of it."""

from __future__ import annotations

from functools import cache
from typing import Final

from msgspec.structs import replace

from fuzz.dialects import dialects
from fuzz.loop import run
from fuzz.stub import SCOPE
from jobgateway.backends.backend import Backend
from jobgateway.config.model import Backend as Settings
from jobgateway.config.model import Config, Limits, Route
from jobgateway.gateway import Exchange, Gateway
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.hub import Call, ListJobs, Window
from jobgateway.translation.wire import Request, Response

LIMITS: Final = Limits(rows=50, calls=5)
"""Low, so that an answer that is always the same soon comes to them."""
_KEY: Final = "k"


class Parrot:
    """The transport to it."""

    def __init__(self) -> None:
        self.response = Response(200)

    async def send(self, request: Request) -> Response:  # noqa: ARG002, whatever it asks
        """The answer."""
        return self.response

    async def aclose(self) -> None:
        """Nothing is open."""


@cache
def _gateway(caller: str, backend: str) -> tuple[Gateway, Parrot]:
    scope = None if dialects()[backend].spec.scope.field else SCOPE
    settings = Settings(name="only", dialect=backend, url="http://127.0.0.1", scope=scope)
    specs = {name: each.spec for name, each in dialects().items()}
    route = Route(caller, "only", specs[caller].profiles[0])
    config = Config(backends={"only": settings}, routes=(route,), specs=specs, limits=LIMITS)
    parrot = Parrot()
    return Gateway(config, {"only": Backend("only", dialects()[backend], parrot, 10.0, None)}), parrot


def ask(caller: str, backend: str, call: Call, response: Response) -> Exchange:
    """What a caller of a dialect gets who asks for this, where the backend says nothing but that."""
    gateway, parrot = _gateway(caller, backend)
    parrot.response = response
    spoken = dialects()[caller]
    credential = spoken.write_secret(_KEY)
    if credential is None:
        raise ValueError(f"{caller} cannot say the key")
    asked = spoken.write_call(_sayable(spoken, call))
    return run(gateway.answer(replace(asked, headers=((b"host", b"a"), credential))))


def _sayable(spoken: Dialect, call: Call) -> Call:
    """The call without what the dialect has no words for."""
    if isinstance(call, ListJobs):
        scoped = all("{scope}" in each.path for each in spoken.spec.operations.list)
        return ListJobs(SCOPE if scoped else None, (call.window or Window(0, 10)) if spoken.spec.paging else None)
    return call
