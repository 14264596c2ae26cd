"""Files that TLS needs: a certificate with its key, and authorities; all in PEM (RFC 7468)."""

from __future__ import annotations

import binascii
import hashlib
import re
import ssl
from typing import Final, NoReturn

from jobgateway.config.files import Content, UnreadableError, read_file
from jobgateway.config.model import KeyPair

LARGEST: Final = 1024 * 1024
"""Bytes; a system's whole list of authorities is a quarter of that."""
CERTIFICATE: Final = "certificate"
KEY: Final = "key"
AUTHORITIES: Final = "ca"

_CHANGED: Final = "was changed while it was read"
_CERTIFICATE: Final = re.compile(rb"^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----", re.MULTILINE)
_FIRST: Final = re.compile(rb"CERTIFICATE-----(?P<base64>[^-]*)-----END")
_KEY: Final = re.compile(rb"^-----BEGIN ([A-Z]+ )*PRIVATE KEY-----", re.MULTILINE)


class PemError(Exception):
    """A file that cannot be used. ``part`` is the setting that names it; the text goes on after the file's name."""

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(problem)
        self.part = part


class _LockedError(Exception):
    """A key that wants a password."""


def load_pair(context: ssl.SSLContext, pair: KeyPair) -> str:
    """Let a context show a certificate; gives its SHA-256 fingerprint in hexadecimal.

    Raises ``PemError``; the context is not to be used then.
    """
    content = read_pem(CERTIFICATE, pair.certificate)
    read_pem(KEY, pair.key)
    try:
        context.load_cert_chain(pair.certificate, pair.key, password=_locked)
    except _LockedError:
        raise PemError(KEY, "is encrypted, and there is nobody to ask for its password") from None
    except ssl.SSLError as error:
        raise _blamed(error, pair) from None
    except OSError:
        raise PemError(CERTIFICATE, _CHANGED) from None
    return _fingerprint(content)


def load_authorities(context: ssl.SSLContext, file: str) -> None:
    """Let a context trust the authorities in a file, besides those that it trusts. Raises ``PemError``."""
    read_pem(AUTHORITIES, file)
    try:
        context.load_verify_locations(file)
    except ssl.SSLError as error:
        raise PemError(AUTHORITIES, f"cannot be used: {_reason(error)}") from None
    except OSError:
        raise PemError(AUTHORITIES, _CHANGED) from None


def read_pem(part: str, file: str) -> Content:
    """A file that holds what its setting asks for, to all appearances. Raises ``PemError``."""
    try:
        content = read_file(file, LARGEST)
    except UnreadableError as error:
        raise PemError(part, f"cannot be read: {error}") from None
    if len(content.data) > LARGEST:
        raise PemError(part, f"is larger than {LARGEST // 1024} KiB")
    if not (_KEY if part == KEY else _CERTIFICATE).search(content.data):
        raise PemError(part, f"holds no {'private key' if part == KEY else 'certificate'} in PEM")
    return content


def _fingerprint(content: Content) -> str:
    """Of the first certificate in a file that was loaded, which is the one for this side."""
    found = _FIRST.search(content.data)
    return hashlib.sha256(binascii.a2b_base64(found["base64"])).hexdigest() if found else ""


def _blamed(error: ssl.SSLError, pair: KeyPair) -> PemError:
    """Which of the two files is at fault."""
    if error.reason == "KEY_VALUES_MISMATCH":
        return PemError(KEY, "is not the key of the certificate")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(pair.certificate)
    except OSError:
        return PemError(CERTIFICATE, f"cannot be used: {_reason(error)}")
    part = CERTIFICATE if (error.reason or "").startswith(("EE_", "CA_")) else KEY
    return PemError(part, f"cannot be used: {_reason(error)}")


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's own words, which quote nothing of the file."""
    return (error.reason or "it is damaged").replace("_", " ").lower()


def _locked() -> NoReturn:
    """Stands where OpenSSL would ask on the terminal."""
    raise _LockedError
