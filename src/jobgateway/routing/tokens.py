"""Tokens of callers who have logged in: signed, ended by time, and the secret in them sealed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from itsdangerous import BadSignature, Signer
from msgspec import Struct

from jobgateway.config.model import Caller, Config
from jobgateway.routing.accounts import digests_of, username_of
from jobgateway.routing.holder import MARK, NOBODY, Holder
from jobgateway.translation.credentials import LONGEST_SECRET

_NONCE: Final = 12
"""Bytes, drawn anew for each token (NIST SP 800-38D section 8.2.2)."""
_SEAL: Final = b"jobgateway: seal of secrets"
_fits_signature: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]").fullmatch
"""The one way to write 32 bytes in base64url; itsdangerous reads other ways as well, which would be other tokens."""


class _Said(Struct, frozen=True, array_like=True):
    """What is signed."""

    ends: int
    """Seconds since 1970."""
    caller: str
    backend: str
    sealed: bytes


class Tokens:
    """Makes and reads tokens. Whoever has the same keys and callers reads the same. Immutable."""

    def __init__(
        self, keys: Sequence[bytes], callers: Iterable[Caller], clock: Callable[[], float] = time.time
    ) -> None:
        """``keys``: the first makes tokens, all are tried to read them. ``clock``: seconds since 1970."""
        self._keys = tuple(reversed(keys))  # itsdangerous makes with the last
        self._ciphers = tuple(AESGCM(hmac.digest(key, _SEAL, "sha256")) for key in keys)
        self._signers = {caller.name: tuple(self._signer(*each) for each in _marks(caller)) for caller in callers}
        self._decoy = (self._signer(secrets.token_hex(), b""),)
        self._signers[NOBODY] = (self._signer("", b""),)
        self._clock = clock
        self._decoder = msgspec.msgpack.Decoder(_Said)

    def _signer(self, username: str, digest: bytes) -> Signer:
        """A signer whose key is bound to an account: with the account's password, its tokens go."""
        salt = msgspec.msgpack.encode(("jobgateway: token", username, digest))
        return Signer(list(self._keys), salt, key_derivation="hmac", digest_method=hashlib.sha256)

    def make(self, holder: Holder, lifetime: int, account: tuple[str, bytes] = ("", b"")) -> str | None:
        """A token for ``lifetime`` seconds; ``account``: username, and the password's digest, of a known caller.

        ``None`` where it would be longer than any carrier takes.
        """
        ends = int(self._clock()) + lifetime
        sealed = b"" if holder.secret is None else self._seal(holder, ends)
        said = msgspec.msgpack.encode(_Said(ends, holder.caller, holder.backend, sealed))
        text = MARK + base64.urlsafe_b64encode(said).decode("ascii").rstrip("=")
        token = self._signer(*account).sign(text).decode("ascii")
        return token if len(token) <= LONGEST_SECRET else None

    def read(self, token: str) -> Holder | None:
        """What a token says that is genuine and has not ended; the signature is judged before anything is believed."""
        text, _, signature = token.rpartition(".")
        said = self._said(text) if _fits_signature(signature) else None
        if said is None or not self._is_genuine(token, said.caller) or self._clock() >= said.ends:
            return None
        holder = Holder(said.caller, said.backend)
        if not said.sealed:
            return holder
        secret = self._open(holder, said)
        return None if secret is None else Holder(said.caller, said.backend, secret)

    def _said(self, text: str) -> _Said | None:
        body = text.removeprefix(MARK)
        try:
            return self._decoder.decode(base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True))
        except (ValueError, msgspec.DecodeError):
            return None

    def _is_genuine(self, token: str, caller: str) -> bool:
        """Whether one of the caller's accounts was signed for; an unknown caller takes as long as a wrong signature."""
        for signer in self._signers.get(caller, self._decoy):
            try:
                signer.unsign(token)
            except BadSignature:
                continue
            return True
        return False

    def _seal(self, holder: Holder, ends: int) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        secret = (holder.secret or "").encode()
        return nonce + self._ciphers[0].encrypt(nonce, secret, _beside(holder, ends))

    def _open(self, holder: Holder, said: _Said) -> str | None:
        nonce, sealed = said.sealed[:_NONCE], said.sealed[_NONCE:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, sealed, _beside(holder, said.ends)).decode()
            except InvalidTag:
                continue
        return None


def tokens_of(config: Config) -> Tokens | None:
    """Those of a configuration, where callers can log in."""
    if config.sessions is None:
        return None
    keys = [key.reveal().encode() for key in config.sessions.keys]
    return Tokens(keys, (config.callers or {}).values())


def _beside(holder: Holder, ends: int) -> bytes:
    """What a seal belongs to: it opens with nothing else."""
    return msgspec.msgpack.encode((holder.caller, holder.backend, ends))


def _marks(caller: Caller) -> Iterable[tuple[str, bytes]]:
    return ((username_of(caller), digest) for digest in digests_of(caller))
