"""The accounts of known callers."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from jobgateway.config.model import Caller


def username_of(caller: Caller) -> str:
    """The name that a caller logs in with."""
    return caller.name if caller.account is None else caller.account.username


def digests_of(caller: Caller) -> tuple[bytes, ...]:
    """The SHA-256 digests of a caller's passwords: of the one that it has, else of its keys."""
    if caller.account is None or caller.account.password is None:
        return caller.key_digests
    return (hashlib.sha256(caller.account.password.reveal().encode()).digest(),)


class Accounts:
    """Callers by their usernames. Immutable."""

    def __init__(self, callers: Iterable[Caller]) -> None:
        self._known = {username_of(caller): (caller, digests_of(caller)) for caller in callers}
        self._nobodys = (secrets.token_bytes(hashlib.sha256().digest_size),)

    def find(self, username: str, password: str) -> tuple[Caller, bytes] | None:
        """The caller of an account, and the digest of its password.

        An unknown username takes the time of a wrong password; how much of a password is right cannot be told from it.
        """
        caller, digests = self._known.get(username, (None, self._nobodys))
        given = hashlib.sha256(password.encode()).digest()
        fitting = [digest for digest in digests if hmac.compare_digest(digest, given)]
        return (caller, given) if caller is not None and fitting else None
