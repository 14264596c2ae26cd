"""What the tests of the edge share."""

import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"
