"""What ``gateway.yaml`` may say about accounts and those who log in with them, part of ``source``."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Struct

from jobgateway.config.model import Secret
from jobgateway.config.shapes import About, Fewest, Number
from jobgateway.translation.session_words import AccountEncoding

_TargetPort: Final = Number(1, 65535)


class Login(Struct, frozen=True):
    """An account at a backend."""

    address: Annotated[str, About("The host of the database behind the backend.", ("graphd", "192.168.8.145"))]
    port: Annotated[int, _TargetPort, About("The port of that database.", (9669,))]
    username: Annotated[str, About("The account's name.", ("root",))]
    password: Annotated[Secret, About("The account's password.", ("${file:/run/secrets/nebula}",))]
    encoding: Annotated[
        AccountEncoding | None,
        About(
            "How name and password are sent: as a JSON array, or joined by a colon as old releases want them;"
            " by default as the dialect's document has it now.",
            ("array", "pair"),
        ),
    ] = None


class Account(Struct, frozen=True):
    """With what a caller logs in, where its dialect has logins."""

    username: Annotated[str, About("The name that it logs in with.", ("billing",))]
    password: Annotated[
        Secret | None, About("Its password; without one, each of its keys is a password.", ("${env:BILLING_KEY}",))
    ] = None


class Sessions(Struct, frozen=True):
    """The tokens that callers get who log in."""

    key: Annotated[
        Secret | Annotated[tuple[Secret, ...], Fewest(1)],
        About(
            "What tokens are signed and sealed with, at least 32 characters that nobody can guess; the same wherever"
            " the same callers are served. Of a list the first is used, and tokens made with the others are taken.",
            ("${env:SESSION_KEY}",),
        ),
    ]
    secure: Annotated[
        bool,
        About(
            "Whether all callers come over TLS though it ends before the gateway: cookies are then marked Secure.",
            (True,),
        ),
    ] = False
