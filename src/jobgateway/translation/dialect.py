"""A dialect: the four functions between a caller or a backend and the hub, compiled from a spec."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from jobgateway.translation.answers import DoneCodec
from jobgateway.translation.calls import Calls, compile_calls
from jobgateway.translation.checks import SpecError, problems_of
from jobgateway.translation.credentials import Credentials, compile_credentials
from jobgateway.translation.hub import Abilities, Call, Job, Operation, Order, Refusal, Reply
from jobgateway.translation.logins import Logins, compile_logins
from jobgateway.translation.replies import Replies, compile_replies
from jobgateway.translation.spec import Spec
from jobgateway.translation.wire import Request, Response

__all__ = ["Dialect", "SpecError", "compile_dialect"]


class Dialect(Struct, frozen=True):
    """How one dialect speaks, on both sides. Immutable; shared by all who speak it."""

    spec: Spec
    calls: Calls
    replies: Replies
    credentials: Credentials
    logins: Logins | None = None
    """How an account is exchanged for a secret that ends, where there are accounts."""

    @property
    def name(self) -> str:
        """The dialect's name."""
        return self.spec.dialect

    @property
    def root(self) -> tuple[str, ...]:
        """The literal segments that all its paths begin with."""
        return self.calls.root

    @property
    def shows_cancelled(self) -> bool:
        """Whether its answer to a cancel shows the job."""
        return not isinstance(self.replies.cancel, DoneCodec)

    def read_secret(self, request: Request) -> str | Refusal:
        """The secret that a caller presents, verbatim."""
        return self.credentials.read_secret(request)

    def write_secret(self, secret: str) -> tuple[bytes, bytes] | None:
        """The header that presents a secret to a backend; ``None`` if the carrier's grammar forbids it."""
        return self.credentials.write_secret(secret)

    def read_call(self, request: Request) -> Call | Refusal:
        """What a caller asks for; what does not fit is the caller's fault."""
        return self.calls.read_call(request)

    def write_call(self, call: Call) -> Request:
        """The request that asks a backend, without a credential.

        Raises ``ValueError`` of a call beyond the dialect's abilities.
        """
        return self.calls.write_call(call)

    def read_reply(self, call: Call, response: Response, *, keep_source: bool = False) -> Reply:
        """What a backend answers; what does not fit is the backend's fault."""
        return self.replies.read(call, response, keep_source=keep_source)

    def write_reply(self, call: Call | None, reply: Reply, profile: str) -> Response:
        """The answer that a caller gets."""
        return self.replies.write(call, reply, profile)

    def read_example(self, example: dict[str, Any]) -> Job:
        """The job of an object as the documents print it, read as in detail."""
        record = self.replies.get.record
        return record.read(msgspec.convert(example, record.type), None)

    def abilities(self, *, same: bool) -> Abilities:
        """What a backend of this dialect can do; for a caller of the same dialect it evaluates every condition."""
        spec = self.spec
        conditions = frozenset(spec.filter.conditions) if spec.filter else frozenset()
        return Abilities(
            largest_page=spec.paging.size.largest if spec.paging else None,
            any_offset=spec.paging is not None and spec.paging.by == "offset",
            totals=spec.answers.list.total is not None,
            exact=conditions if same else conditions & frozenset(spec.filter.exact if spec.filter else ()),
            status_sets=self.calls.status_sets,
            orders=_orders(spec),
            returns_cancelled=self.shows_cancelled,
            confined=_confined(spec),
            scope_field=spec.scope.field,
        )


def _orders(spec: Spec) -> tuple[Order, ...]:
    if spec.order is None:
        return ()
    own = Order(spec.order.key)
    turned = spec.filter is not None and spec.filter.order is not None
    return (own, Order("created_at", newest_first=False)) if turned else (own,)


def _confined(spec: Spec) -> frozenset[Operation]:
    paths = {
        Operation.LIST: [endpoint.path for endpoint in spec.operations.list],
        Operation.GET: [spec.operations.get.path],
        Operation.CANCEL: [spec.operations.cancel.path],
    }
    return frozenset(name for name, each in paths.items() if any("{scope}" in path for path in each))


def compile_dialect(spec: Spec) -> Dialect:
    """The dialect that a spec describes. Raises ``SpecError`` with every problem that the spec has."""
    if problems := problems_of(spec):
        raise SpecError(problems)
    credentials = compile_credentials(spec.credential)
    return Dialect(spec, compile_calls(spec), compile_replies(spec), credentials, compile_logins(spec))
