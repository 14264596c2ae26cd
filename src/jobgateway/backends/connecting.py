"""Making a connection: how long it may take, and why there is none."""

from __future__ import annotations

import socket
import ssl
from typing import Final

CONNECT_WITHIN: Final = 5.0
"""Seconds for a connection and its TLS handshake; shorter than a request's deadline, so that a backend that cannot
be reached is told from one that is late."""
LATE: Final = "no connection was made in time"

_CAUSES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ssl.SSLCertVerificationError, "the certificate is not trusted"),
    (ssl.SSLError, "TLS could not be agreed on"),
    (socket.gaierror, "the host name could not be resolved"),
    (ConnectionRefusedError, "the connection was refused"),
)


def why_unconnected(error: BaseException) -> str:
    """The first known cause of a failed connection, in our words: those of the system name hosts and ports."""
    cause: BaseException | None = error
    while cause is not None:
        for kind, text in _CAUSES:
            if isinstance(cause, kind):
                return text
        cause = cause.__cause__ or cause.__context__
    return "no connection could be made"
