"""Asking a running gateway whether it is ready, for container health checks."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException
from typing import Final

PATIENCE: Final = 2.0
"""Seconds for each step of the probe."""


def probe(host: str, port: int) -> bool:
    """Whether the admin port at this address says that the gateway is ready."""
    connection = HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/readyz", headers={"connection": "close"})
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
