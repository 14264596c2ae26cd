"""What callers are shown when they speak TLS; it is renewed under way."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobgateway.config.pem import load_pair

if TYPE_CHECKING:
    from jobgateway.config.model import KeyPair

Stamp = tuple[tuple[int, ...] | None, ...]
"""What tells that files have changed."""


class Certificate:
    """A certificate with its key, from files. Connections that are open keep what they were shown."""

    def __init__(self, pair: KeyPair) -> None:
        """Raises ``PemError``."""
        self.pair = pair
        self.seen = self.stamp()
        """The stamp of the files that were read last; taken before, so that no change is missed."""
        self.context, self.fingerprint = _loaded(pair)
        """What a server is given for good, and the SHA-256 fingerprint of the certificate in use."""
        self._latest = self.context
        self.context.sni_callback = self._show

    def renew(self) -> None:
        """Show from now on what the files hold now. Raises ``PemError``; what is in use then stays in use."""
        self.seen = self.stamp()
        self._latest, self.fingerprint = _loaded(self.pair)

    def stamp(self) -> Stamp:
        """What the files look like from outside."""
        return tuple(_stamp(file) for file in (self.pair.certificate, self.pair.key))

    def _show(self, connection: Any, _name: str | None, _context: ssl.SSLContext) -> None:
        """OpenSSL calls this in each handshake, whether a server name comes (RFC 6066 section 3) or not."""
        connection.context = self._latest


def _loaded(pair: KeyPair) -> tuple[ssl.SSLContext, str]:
    """TLS 1.2 or newer, and HTTP/1.1 in it (RFC 7301). ``SSLKEYLOGFILE`` in the environment changes nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    return context, load_pair(context, pair)


def _stamp(file: str) -> tuple[int, ...] | None:
    try:
        state = Path(file).stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino, state.st_dev
