"""Whether sessions can be opened: the gateway's at its backends, and those of callers here."""

from __future__ import annotations

from typing import Final

from jobgateway.config.addresses import DEMO
from jobgateway.config.findings import Path, dotted, listed, shown
from jobgateway.config.known import Known
from jobgateway.config.model import Secret
from jobgateway.config.source import Backend
from jobgateway.config.source_sessions import Login
from jobgateway.translation.accounts import Account
from jobgateway.translation.dialect import Dialect
from jobgateway.translation.logins import Logins

SHORTEST_KEY: Final = 32
"""Characters: 128 bits in hexadecimal digits, as NIST SP 800-107 wants of a key for HMAC."""


def check_sessions(known: Known) -> None:
    """Note what is wrong with logins, accounts and the key of sessions."""
    for _, backend, path in known.backends():
        if backend.login is not None and known.report.sound((*path, "login")):
            _check_login(known, backend, backend.login, path)
    _check_accounts(known)
    _check_key(known)


def _check_login(known: Known, backend: Backend, login: Login, path: Path) -> None:
    place = (*path, "login")
    dialect = known.dialect_at(backend.dialect, (*path, "dialect"))
    if backend.credential is not None:
        known.report.add(place, f"beside {dotted((*path, 'credential'))}; the gateway asks with one of them")
    if known.report.sound((*path, "url")) and backend.url == DEMO:
        known.report.add(place, "the embedded store needs no login")
    elif dialect is not None and dialect.logins is None:
        known.report.add(place, f"{shown(dialect.name)} has no logins; give its key as `credential`")
    elif dialect is not None and dialect.logins is not None:
        _check_account(known, login, place, dialect, dialect.logins)


def _check_account(known: Known, login: Login, path: Path, dialect: Dialect, logins: Logins) -> None:
    encoding = login.encoding or logins.encodings[0]
    if encoding not in logins.encodings:
        known.report.add((*path, "encoding"), f"{shown(dialect.name)} has {listed(logins.encodings, 'and')}")
        return
    if logins.write(Account(login.username, login.password.reveal(), encoding, login.address, login.port)) is None:
        known.report.add(path, f"the encoding {shown(encoding)} cannot carry this username and password")


def _check_accounts(known: Known) -> None:
    first: dict[str, Path] = {}
    served = known.said.sessions is not None or not known.report.stands(("sessions",))
    for name, caller, path in known.callers():
        place = (*path, "account")
        if not known.report.sound(place):
            continue
        if caller.account is not None and not served:
            known.report.add(place, "there is no `sessions.key` to sign this account's tokens with")
        username = name if caller.account is None else caller.account.username
        if username in first:
            known.report.add(
                place if caller.account is not None else path, f"the same username as {dotted(first[username])}"
            )
        first.setdefault(username, place if caller.account is not None else path)


def _check_key(known: Known) -> None:
    if known.said.sessions is None or not known.report.sound(("sessions",)):
        return
    key = known.said.sessions.key
    keys: tuple[Secret, ...] = key if isinstance(key, tuple) else (key,)
    for index, each in enumerate(keys):
        place = ("sessions", "key", index) if isinstance(key, tuple) else ("sessions", "key")
        if len(each.reveal()) < SHORTEST_KEY:
            known.report.add(place, f"shorter than {SHORTEST_KEY} characters; `openssl rand -hex 32` makes a good one")
        if each in keys[:index]:
            known.report.add(place, f"the same as {dotted(('sessions', 'key', keys.index(each)))}")
    spoken = [known.dialect_at(route.dialect, (*path, "dialect")) for route, path in known.routes()]
    if all(dialect is not None and dialect.logins is None for dialect in spoken):
        known.report.warn(("sessions",), "no route's callers speak a dialect with logins, so this never acts")
