"""The careful transport: httpx over TCP and TLS, a fresh connection for every request."""

from __future__ import annotations

import httpx

from jobgateway.backends.connecting import CONNECT_WITHIN
from jobgateway.backends.courier import Courier
from jobgateway.backends.heads import PASSED_ON
from jobgateway.backends.origin import origin_of
from jobgateway.backends.trust import SYSTEM, tls_context
from jobgateway.config.model import Tls


class HttpxTransport(Courier):
    """Carries requests to the backend at one URL, over http or https."""

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        largest_body: int,
        tls: Tls = SYSTEM,
        connect_within: float = CONNECT_WITHIN,
        passed_on: frozenset[bytes] = PASSED_ON,
    ) -> None:
        """``url`` fixes the origin and a path prefix; ``tls`` says whom connections trust, and what they show.

        ``passed_on`` names the headers of answers that are kept.
        Raises ``ValueError`` for the URL and ``PemError`` for the files.
        """
        context = tls_context(tls)
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)

        def carrier() -> httpx.AsyncHTTPTransport:
            return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

        super().__init__(
            origin_of(url),
            carrier,
            connections=connections,
            largest_body=largest_body,
            connect_within=connect_within,
            passed_on=passed_on,
        )
