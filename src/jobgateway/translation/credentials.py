"""Where a request carries its secret: read strictly, written only where it fits, never quoted or changed.

No refusal holds the secret or a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.spec import Carrier, Credential
from jobgateway.translation.wire import Request

LONGEST_SECRET: Final = 4096
"""The most characters of a secret."""

_TOKEN: Final = rb"[A-Za-z0-9._~+/-]+=*"  # RFC 6750 section 2.1: b64token
_VISIBLE: Final = rb"[\x21-\x7E]+"
_COOKIE: Final = rb"[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+"  # RFC 6265 section 4.1.1: cookie-octet
_COOKIE_HEADER: Final = b"cookie"
_BLANK: Final = b" \t"

_NOTHING: Final = Refusal(Reason.NO_CREDENTIAL)
_UNFIT: Final = Refusal(Reason.BAD_CREDENTIAL)
_AT_ODDS: Final = Refusal(Reason.BAD_REQUEST, "the request carries two credentials that differ")


class _Form(Struct, frozen=True):
    """What a secret looks like in one carrier."""

    read: Callable[[bytes], re.Match[bytes] | None]
    """Matches the whole value; its one group is the secret."""
    fits: Callable[[bytes], re.Match[bytes] | None]
    """Matches the secret alone."""
    before: bytes
    """What is written before it."""


class _Source(Struct, frozen=True):
    """A header, or a cookie, and the forms that its value may have; the first that fits is taken."""

    header: bytes
    cookie: bytes | None
    forms: tuple[_Form, ...]

    def read(self, request: Request) -> bytes | Refusal | None:
        """The secret there, or ``None`` where nothing is."""
        wanted, value = self.header, None
        for name, each in request.headers:
            if name == wanted:
                if value is not None:
                    return Refusal(Reason.BAD_REQUEST, f"the request has more than one {wanted.decode()} header")
                value = each
        if value is None:
            return None
        if self.cookie is None:
            return self._secret(value.strip(_BLANK))
        found = _cookie(value, self.cookie)
        return self._secret(found) if isinstance(found, bytes) else found

    def _secret(self, value: bytes) -> bytes | Refusal:
        for form in self.forms:
            found = form.read(value)
            if found is not None and len(secret := found[1]) <= LONGEST_SECRET:
                return secret
        return _UNFIT


def _cookie(header: bytes, name: bytes) -> bytes | Refusal | None:
    """A cookie's value, verbatim (RFC 6265 section 5.4 read backwards); the same twice counts once."""
    value = None
    for pair in header.split(b";"):
        key, equals, text = pair.strip(_BLANK).partition(b"=")
        if key != name or not equals:
            continue
        if value is not None and text != value:
            return _AT_ODDS
        value = text
    return value


class Credentials(Struct, frozen=True):
    """Where a dialect carries secrets."""

    sources: tuple[_Source, ...]
    header: bytes
    """The header that is written."""
    form: _Form

    def read_secret(self, request: Request) -> str | Refusal:
        """The secret that a request carries, byte for byte, or why it carries none."""
        secret: bytes | None = None
        for source in self.sources:
            found = source.read(request)
            if found is None:
                continue
            if isinstance(found, Refusal):
                return found
            if secret is not None and found != secret:
                return _AT_ODDS
            secret = found
        return _NOTHING if secret is None else secret.decode("ascii")

    def write_secret(self, secret: str) -> tuple[bytes, bytes] | None:
        """The header that carries a secret, or ``None`` where its carrier cannot say it."""
        if len(secret) > LONGEST_SECRET or not secret.isascii():
            return None
        text = secret.encode("ascii")
        return (self.header, self.form.before + text) if self.form.fits(text) else None

    def secret_in(self, value: bytes) -> str:
        """The secret in the value of a header that ``write_secret`` gave."""
        return value.removeprefix(self.form.before).decode("ascii")


def compile_credentials(credential: Credential) -> Credentials:
    """The carriers of a spec, ready to be read."""
    written = credential.written
    return Credentials(
        sources=tuple(_sources((written, *credential.also_read))),
        header=_header(written),
        form=_form(written),
    )


def _sources(carriers: Iterable[Carrier]) -> Iterable[_Source]:
    forms: dict[tuple[bytes, bytes | None], tuple[_Form, ...]] = {}
    for carrier in carriers:
        place = (_header(carrier), None if carrier.cookie is None else carrier.cookie.encode("ascii"))
        forms[place] = (*forms.get(place, ()), _form(carrier))
    return (_Source(header, cookie, these) for (header, cookie), these in forms.items())


def _header(carrier: Carrier) -> bytes:
    return _COOKIE_HEADER if carrier.cookie is not None else (carrier.header or "").lower().encode("ascii")


def _form(carrier: Carrier) -> _Form:
    if carrier.cookie is not None:
        return _pattern(b"", _COOKIE, f"{carrier.cookie}=".encode("ascii"))
    if carrier.scheme is None:
        return _pattern(b"", _VISIBLE, b"")
    scheme = carrier.scheme.encode("ascii")
    return _pattern(b"(?i:%b) +" % re.escape(scheme), _TOKEN, scheme + b" ")  # RFC 9110 section 11.1: any case


def _pattern(lead: bytes, secret: bytes, before: bytes) -> _Form:
    return _Form(re.compile(b"%b(%b)" % (lead, secret)).fullmatch, re.compile(secret).fullmatch, before)
