"""What ``gateway.yaml`` may say about TLS, part of ``source``."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from jobgateway.config.shapes import About


class ListenTls(Struct, frozen=True):
    """What callers are shown; they are then asked to speak TLS. Files that change are read again."""

    certificate: Annotated[
        str,
        About("The file with the certificate, and those that lead to its authority (PEM).", ("./tls.crt",)),
    ]
    key: Annotated[
        str | None,
        About("The file with its private key (PEM); that of the certificate by default.", ("./tls.key",)),
    ] = None


class BackendTls(Struct, frozen=True):
    """Whom an https backend's connections trust, and what they show."""

    ca: Annotated[
        str | None,
        About("A file of authorities (PEM) that are trusted instead of the system's.", ("./ca.pem",)),
    ] = None
    certificate: Annotated[
        str | None, About("The file with the certificate that the backend is shown (PEM).", ("./client.crt",))
    ] = None
    key: Annotated[
        str | None,
        About("The file with its private key (PEM); that of the certificate by default.", ("./client.key",)),
    ] = None
