"""How one dialect logs in: an account for a secret that ends, as asked by callers and of backends."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from jobgateway.translation.accounts import Account, read_account, write_account
from jobgateway.translation.answers import SUCCESS, success_constants
from jobgateway.translation.bodies import parse
from jobgateway.translation.cookies import read_cookie, write_cookie
from jobgateway.translation.credentials import Credentials, compile_credentials
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.places import at, put
from jobgateway.translation.session_words import AccountEncoding, Session
from jobgateway.translation.spec import Carrier, Credential, Spec
from jobgateway.translation.urls import decode
from jobgateway.translation.wire import Headers, Request, Response

OK: Final = 200
_LARGEST_PORT: Final = 65_535


class Issued(Struct, frozen=True, gc=False):
    """A secret that was given for an account, and for how many seconds. It is not shown."""

    secret: str
    lifetime: int

    def __repr__(self) -> str:
        return f"Issued({self.lifetime} s)"


class Logins(Struct, frozen=True):
    """A dialect's way in, on both sides."""

    words: Session
    headers: Headers
    carrier: Credentials
    """Where a request carries the account."""
    cookie: str
    answer: bytes
    """The body that says yes."""
    code: str | None

    @property
    def encodings(self) -> tuple[AccountEncoding, ...]:
        """How accounts can be said; the first is the usual one."""
        return self.words.encodings

    def is_at(self, path: str) -> bool:
        """Whether a raw path is the one where this dialect logs in."""
        return path == self.words.path or (
            "%" in path and [decode(segment) for segment in path.split("/")] == self.words.path.split("/")
        )

    def read(self, request: Request) -> Account | Refusal:
        """The account that a caller presents."""
        if request.method != self.words.method:
            return Refusal(Reason.NO_METHOD, allow=(self.words.method,))
        text = self.carrier.read_secret(request)
        if isinstance(text, Refusal):
            return text
        account = read_account(text, self.encodings)
        if account is None:
            return Refusal(Reason.BAD_CREDENTIAL)
        body = parse(request.body)
        address, port = at(body, self.words.address), at(body, self.words.port)
        if not isinstance(address, str) or type(port) is not int or not 0 < port <= _LARGEST_PORT:
            return account
        return msgspec.structs.replace(account, address=address, port=port)

    def write(self, account: Account) -> Request | None:
        """The request that presents an account to a backend; ``None`` where it cannot be said.

        Raises ``ValueError`` of an account without an address and a port.
        """
        if account.address is None or account.port is None:
            raise ValueError("an account needs an address and a port")
        text = write_account(account)
        header = None if text is None else self.carrier.write_secret(text)
        if header is None:
            return None
        body = {self.words.address: account.address, self.words.port: account.port}
        return Request(self.words.method, self.words.path, "", (*self.headers, header), msgspec.json.encode(body))

    def read_answer(self, response: Response) -> Issued | Refusal:
        """The secret that a backend gives, or that it gives none. Nothing of the answer's text is taken."""
        body = parse(response.body)
        coded = self.code is None or at(body, self.code) == SUCCESS
        if response.status != OK or not coded or at(body, self.words.done) is not True:
            return Refusal(Reason.BAD_CREDENTIAL)
        found = read_cookie(response.headers, self.cookie, self.words.lifetime)
        if found is None:
            return Refusal(Reason.BACKEND_FAILED, "the backend's answer to a login holds no token")
        return Issued(*found)

    def write_answer(self, issued: Issued, *, secure: bool) -> Response:
        """The answer that gives a caller its secret; ``secure``: only for connections under TLS."""
        return Response(
            OK, self.answer, headers=(write_cookie(self.cookie, issued.secret, issued.lifetime, secure=secure),)
        )


def compile_logins(spec: Spec) -> Logins | None:
    """The way in of a spec, where it has one."""
    words = spec.session
    if words is None:
        return None
    answer: dict[str, Any] = {}
    for place, value in (success_constants(spec.answers) | {words.done: True}).items():
        put(answer, place, value)
    return Logins(
        words,
        tuple((name.encode("ascii"), value.encode("ascii")) for name, value in words.headers.items()),
        compile_credentials(Credential(Carrier(header="authorization", scheme=words.scheme))),
        cast("str", spec.credential.written.cookie),
        msgspec.json.encode(answer),
        spec.answers.code,
    )
