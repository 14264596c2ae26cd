"""What carries one request to a backend: the protocol, and how carrying can fail."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from jobgateway.translation.wire import Request, Response


class Fault(StrEnum):
    """How far a request had come when it failed."""

    UNSENDABLE = "unsendable"
    """The request cannot be said in HTTP/1.1, which is the gateway's own mistake: nothing was sent."""
    UNREACHABLE = "unreachable"
    """No connection: nothing of the request was sent."""
    BUSY = "busy"
    """The backend's own limit of connections is in use: nothing was sent."""
    BROKEN = "broken"
    """The backend broke off, or answered what is not HTTP; it may have acted."""
    UNREADABLE = "unreadable"
    """A whole answer came that the gateway does not take: too large, or in a content coding."""


class TransportError(Exception):
    """A request that got no usable answer. The text holds no secret and nothing of the backend's."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class Transport(Protocol):
    """Carries requests to one backend, whose origin is fixed when it is made.

    It follows no redirect, keeps no cookie, reads no proxy from the environment, asks for the
    identity coding and refuses any other, and caps the bytes of an answer while it reads. The
    deadline is the caller's cancel scope round ``send``; being cancelled leaks no connection.
    """

    async def send(self, request: Request) -> Response:
        """Send a request whose ``path`` is complete, and give the whole answer.

        Raises ``TransportError``.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections that are idle; those in use end with their request."""
        ...
