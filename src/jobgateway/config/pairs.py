"""A certificate with its key, as a configuration names them: paths start from its folder."""

from __future__ import annotations

from jobgateway.config.files import beside
from jobgateway.config.model import KeyPair
from jobgateway.config.source import Listen
from jobgateway.config.source_tls import BackendTls


def shown_to_callers(listen: Listen, file: str) -> KeyPair | None:
    """What callers are shown; ``file`` is the configuration's."""
    return None if listen.tls is None else _pair(listen.tls.certificate, listen.tls.key, file)


def shown_to_backend(tls: BackendTls, file: str) -> KeyPair | None:
    """What a backend is shown; ``file`` is the configuration's."""
    return None if tls.certificate is None else _pair(tls.certificate, tls.key, file)


def _pair(certificate: str, key: str | None, file: str) -> KeyPair:
    return KeyPair(beside(file, certificate), beside(file, certificate if key is None else key))
