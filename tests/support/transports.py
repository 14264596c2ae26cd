"""The transports under test, each opened and closed as the gateway does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jobgateway.backends.direct.manners import Manners
from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.backends.httpx_transport import HttpxTransport

Kind = type[HttpxTransport] | type[DirectTransport]
Carrying = HttpxTransport | DirectTransport

KINDS: dict[str, Kind] = {"httpx": HttpxTransport, "direct": DirectTransport}
both_kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
both_loops = pytest.mark.parametrize(
    "anyio_backend", [("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})], ids=["asyncio", "uvloop"]
)


def trust(manners: Manners) -> None:
    """As if the backend had been watched, and were never to be again: what is kept is then sure."""
    manners.trusted = True
    manners._watch_from = float("inf")


@asynccontextmanager
async def carrying(
    kind: Kind, url: str, *, connections: int = 1, largest_body: int = 1000, **given: Any
) -> AsyncIterator[Carrying]:
    """A transport to that URL, closed at the end."""
    transport = kind(url, connections=connections, largest_body=largest_body, **given)
    try:
        yield transport
    finally:
        await transport.aclose()
