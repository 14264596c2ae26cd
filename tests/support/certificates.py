"""Certificates of an authority that lives as long as the tests, in files."""

from __future__ import annotations

import functools
import hashlib
import ssl
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1")


@functools.cache
def authority() -> trustme.CA:
    """Who signs everything here."""
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def pair(folder: Path, name: str = "tls", *, signer: trustme.CA | None = None) -> tuple[Path, Path]:
    """A new certificate for this machine and its key: ``NAME.crt`` and ``NAME.key``."""
    made = (signer or authority()).issue_cert(*NAMES, key_type=trustme.KeyType.ECDSA)
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    replace(certificate, b"".join(blob.bytes() for blob in made.cert_chain_pems))
    replace(key, made.private_key_pem.bytes())
    return certificate, key


def replace(path: Path, content: bytes) -> None:
    """Put a file in place whole, for its owner alone, as those who renew certificates do."""
    beside = path.with_name(path.name + ".new")
    beside.touch(0o600)
    beside.write_bytes(content)
    beside.rename(path)


def ca_file(folder: Path, signer: trustme.CA | None = None) -> Path:
    """The authority's own certificate."""
    path = folder / "ca.pem"
    (signer or authority()).cert_pem.write_to_path(path)
    return path


def fingerprint(certificate: Path) -> str:
    """The SHA-256 digest of the first certificate in a file."""
    text = certificate.read_text()
    first = text[: text.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def client_side() -> ssl.SSLContext:
    """A caller that trusts the authority."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context
