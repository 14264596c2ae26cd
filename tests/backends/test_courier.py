"""Every exception of httpx has a meaning, and an unknown one has the careful one."""

from __future__ import annotations

import inspect
import socket
import ssl

import httpx
import pytest

from jobgateway.backends.courier import failure_of
from jobgateway.backends.transport import Fault

EXCHANGE_ERRORS = [
    kind
    for _, kind in inspect.getmembers(httpx, inspect.isclass)
    if issubclass(kind, httpx.RequestError) and kind is not httpx.ConnectError and kind is not httpx.ConnectTimeout
]


@pytest.mark.parametrize("kind", EXCHANGE_ERRORS)
def test_after_an_exchange_began_the_backend_may_have_acted(kind: type[httpx.RequestError]):
    failure = failure_of(kind("s3cret"))
    assert failure.fault is Fault.BROKEN
    assert "s3cret" not in str(failure)


@pytest.mark.parametrize("error", [ValueError("s3cret"), OSError(5, "s3cret"), ssl.SSLError(1, "s3cret")])
def test_an_error_that_nobody_foresaw_is_taken_the_same_way(error: Exception):
    failure = failure_of(error)
    assert (failure.fault, str(failure)) == (Fault.BROKEN, "the exchange with the backend failed")


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (ConnectionRefusedError(), "the connection was refused"),
        (socket.gaierror(-2, "s3cret"), "the host name could not be resolved"),
        (ssl.SSLCertVerificationError(1, "s3cret"), "the certificate is not trusted"),
        (ssl.SSLError(1, "s3cret"), "TLS could not be agreed on"),
        (OSError(101, "s3cret"), "no connection could be made"),
    ],
)
def test_a_connection_that_fails_is_told_by_its_cause(cause: OSError, text: str):
    error = httpx.ConnectError("s3cret")
    error.__cause__ = OSError("s3cret")
    error.__cause__.__context__ = cause
    failure = failure_of(error)
    assert (failure.fault, str(failure)) == (Fault.UNREACHABLE, text)
