"""Looking after the files of the certificate: what has changed is put in use, or what is in use stays so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from jobgateway.config.pem import PemError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jobgateway.edge.certificate import Certificate
    from jobgateway.observe.events import Events

LOOK: Final = 1.0
"""Seconds between looks. Files that change are read when they look the same twice: there are two of them."""


class Renewal:
    """The files of one certificate, from one look to the next."""

    def __init__(self, certificate: Certificate, events: Events) -> None:
        self._certificate = certificate
        self._events = events
        self._before = certificate.seen

    async def run(self, renewed: Callable[[], Awaitable[None]] | None = None) -> None:
        """Look, for ever. ``renewed`` is called when a new certificate is in use."""
        while True:
            await asyncio.sleep(LOOK)
            if self.look() and renewed is not None:
                await renewed()

    def look(self) -> bool:
        """Look once; gives whether a new certificate is in use."""
        before, self._before = self._before, self._certificate.stamp()
        if self._before == self._certificate.seen or self._before != before:
            return False
        return renew(self._certificate, self._events)


def renew(certificate: Certificate, events: Events, *, aloud: bool = True) -> bool:
    """Put in use what the files hold; gives whether that went well. ``aloud``: it is told even then."""
    try:
        certificate.renew()
    except PemError as error:
        file = getattr(certificate.pair, error.part)
        problem = f"the file {file} {error}"
        events.tell("certificate", "error", outcome="refused", path=f"listen.tls.{error.part}", problem=problem)
        return False
    if aloud:
        events.tell("certificate", outcome="renewed", sha256=certificate.fingerprint)
    return True
