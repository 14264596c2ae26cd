"""What the tests of the transports share: an evil backend, and a transport to it with small caps."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobgateway.backends.httpx_transport import HttpxTransport
from support.evil_backend import EvilBackend

LARGEST_BODY = 20_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def evil(anyio_backend: str) -> AsyncIterator[EvilBackend]:
    async with EvilBackend() as backend:
        yield backend


@pytest.fixture
async def transport(evil: EvilBackend) -> AsyncIterator[HttpxTransport]:
    transport = HttpxTransport(evil.url, connections=10, largest_body=LARGEST_BODY)
    yield transport
    await transport.aclose()
