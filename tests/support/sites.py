"""A gateway that callers log in at, and how they do."""

from __future__ import annotations

import base64

from msgspec.structs import replace

from jobgateway.backends.demo import demo_transport
from jobgateway.building import build_backend
from jobgateway.config.model import Account, Backend, Caller, Config, Route, Secret, Sessions
from jobgateway.gateway import Exchange, Gateway
from jobgateway.mock.app import mock_app
from jobgateway.mock.store import Store
from jobgateway.translation.wire import Request
from support.gateways import DIALECTS, KEY, NOW
from support.sessions import Noted, Place
from support.specs import all_specs
from support.world import JOBS, backend, caller, values

CONNECT = "/api-open/v1/connect"
LIST = "/api-open/v1/jobs"
BODY = b'{"address":"graphd","port":9669}'
SESSION_KEY = "0123456789abcdef0123456789abcdef"
REPLAY = backend("replay", "openreplay-v2", credential=KEY)
ROUTE = Route("explorer", "replay", "documented")
BILLING = caller("billing", "billing-key", "newer-key")
SHOP = replace(caller("shop", "shop-key"), account=Account("sue", Secret("sues-password")))


class Site:
    """A gateway whose backends take one key, and what they saw."""

    def __init__(
        self,
        backends: tuple[Backend, ...] = (REPLAY,),
        routes: tuple[Route, ...] = (ROUTE,),
        callers: tuple[Caller, ...] | None = (BILLING, SHOP),
        keys: tuple[str, ...] = (SESSION_KEY,),
        *,
        secure: bool = False,
        place: Place | None = None,
    ) -> None:
        self.seen: list[Request] = []
        config = Config(
            backends={each.name: each for each in backends},
            routes=routes,
            specs=all_specs(),
            callers=None if callers is None else {each.name: each for each in callers},
            sessions=Sessions(tuple(map(Secret, keys)), secure) if keys else None,
        )
        made = {}
        for each in backends:
            dialect = DIALECTS[each.dialect]
            built = build_backend(config, each, dialect)
            if place is not None and dialect.logins is not None:
                made[each.name] = replace(built, transport=demo_transport(place.app), entry=place.entry())
                continue
            app = mock_app(dialect, Store(JOBS, lambda: NOW), profile="documented", key=KEY, seen=self.seen.append)
            made[each.name] = replace(built, transport=demo_transport(app))
        self.gateway = Gateway(config, made, Noted())

    async def connect(
        self, text: bytes | str, *, body: bytes = BODY, path: str = CONNECT, method: str = "POST"
    ) -> Exchange:
        said = base64.b64encode(text.encode() if isinstance(text, str) else text)
        headers = ((b"host", b"gateway.test"), (b"authorization", b"Bearer " + said))
        return await self.gateway.answer(Request(method, path, "", headers, body))

    async def ask(self, token: str, target: str = LIST, *, header: bytes = b"cookie", method: str = "GET") -> Exchange:
        value = f"explorer_token={token}" if header == b"cookie" else token
        return await self.gateway.answer(Request(method, target, "", ((b"host", b"g"), (header, value.encode()))))


def token_of(exchange: Exchange) -> str:
    assert exchange.response.status == 200, exchange
    (cookie,) = values(exchange.response.headers, b"set-cookie")
    name, _, rest = cookie.decode().partition("=")
    assert name == "explorer_token"
    return rest.partition(";")[0]
