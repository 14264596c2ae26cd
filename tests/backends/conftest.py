"""What the tests of the transports share: an evil backend, and each transport to it with small caps."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.evil_backend import EvilBackend
from support.transports import KINDS, Carrying, Kind, carrying

LARGEST_BODY = 20_000
CONNECTIONS = 10


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def evil(anyio_backend: str) -> AsyncIterator[EvilBackend]:
    async with EvilBackend() as backend:
        yield backend


@pytest.fixture(scope="session", params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
async def transport(evil: EvilBackend, kind: Kind) -> AsyncIterator[Carrying]:
    async with carrying(kind, evil.url, connections=CONNECTIONS, largest_body=LARGEST_BODY) as transport:
        yield transport
