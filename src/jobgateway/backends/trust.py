"""Which certificates a backend may show."""

from __future__ import annotations

import ssl
from pathlib import Path


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """A context that verifies chain and host name, against ``ca_file`` (PEM) or the system's authorities.

    The system's are read from the places that OpenSSL was built with, so that ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``
    in the environment change nothing; only where there are none does OpenSSL look by itself.
    Raises ``OSError`` (``ssl.SSLError`` included) where ``ca_file`` cannot be read.
    """
    if ca_file is not None:
        return ssl.create_default_context(cafile=ca_file)
    places = ssl.get_default_verify_paths()
    file = places.openssl_cafile if Path(places.openssl_cafile).is_file() else None
    folder = places.openssl_capath if Path(places.openssl_capath).is_dir() else None
    return ssl.create_default_context(cafile=file, capath=folder)
