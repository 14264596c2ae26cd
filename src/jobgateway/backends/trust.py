"""Which certificates a backend may show, and which one it is shown."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from jobgateway.config.model import Tls
from jobgateway.config.pem import load_authorities, load_pair

SYSTEM: Final = Tls()
"""The system's authorities, and nothing to show."""


def tls_context(tls: Tls = SYSTEM) -> ssl.SSLContext:
    """A context for TLS 1.2 or newer that verifies chain and host name.

    The authorities are those of ``tls.ca``, or else the system's, read from the places that
    OpenSSL was built with, so that ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` in the environment change nothing; only
    where there are none does OpenSSL look by itself. Nor does ``SSLKEYLOGFILE``, which would write down what decrypts
    the traffic. ``tls.client`` is shown to backends that ask for a certificate. Raises ``PemError`` for the files.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if tls.ca is None:
        _trust_system(context)
    else:
        load_authorities(context, tls.ca)
    if tls.client is not None:
        load_pair(context, tls.client)
    return context


def _trust_system(context: ssl.SSLContext) -> None:
    places = ssl.get_default_verify_paths()
    file = places.openssl_cafile if Path(places.openssl_cafile).is_file() else None
    folder = places.openssl_capath if Path(places.openssl_capath).is_dir() else None
    if file is None and folder is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(file, folder)
