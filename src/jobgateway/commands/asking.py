"""Asking each backend for a list of one job, with the gateway's own credential where it has one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import anyio
from msgspec import Struct
from msgspec.structs import replace

from jobgateway.backends.masking import masked
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.building import build_backend
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import ListJobs, Page, Reason, Refusal, Window
from jobgateway.translation.reasons import told as phrase

if TYPE_CHECKING:
    from jobgateway.backends.backend import Backend
    from jobgateway.config.model import Config
    from jobgateway.translation.hub import Reply

_CREDENTIAL: Final = frozenset({Reason.NO_CREDENTIAL, Reason.BAD_CREDENTIAL, Reason.FORBIDDEN})
_NO_CONNECTION: Final = frozenset({Fault.UNREACHABLE, Fault.BUSY})


class State(StrEnum):
    """How a backend was found."""

    ANSWERS = "answers"
    UNFIT = "unfit"
    """It answers, and not as the configuration says."""
    UNREACHABLE = "unreachable"


class Told(Struct, frozen=True):
    """What there is to tell of one backend."""

    name: str
    state: State
    text: str


async def ask_backends(config: Config) -> list[Told]:
    """Ask all backends side by side, each within its own timeout; told in the order of the configuration."""
    told: dict[str, Told] = {}

    async def ask(name: str) -> None:
        told[name] = await _ask(config, name)

    async with anyio.create_task_group() as tasks:
        for name in config.backends:
            tasks.start_soon(ask, name)
    return [told[name] for name in config.backends]


async def _ask(config: Config, name: str) -> Told:
    settings = config.backends[name]
    backend = build_backend(config, settings, compile_dialect(config.specs[settings.dialect]))
    scope = settings.scope or _mapped_scope(config, name)
    try:
        with anyio.fail_after(backend.timeout):
            own = backend.lent
            if backend.session is not None:
                token = await backend.session.token()
                if isinstance(token, Refusal):
                    return _shut_out(name, token)
                own = token.header
            return _judged(backend, own, await _reply(backend, own, scope), scope)
    except TransportError as error:
        if error.fault in _NO_CONNECTION:
            return Told(name, State.UNREACHABLE, f"cannot be reached: {error}")
        return Told(name, State.UNFIT, f"gives no usable answer: {error}")
    except TimeoutError:
        return Told(name, State.UNREACHABLE, f"cannot be reached: no answer within {backend.timeout:g} s")
    finally:
        if backend.session is not None:
            await backend.session.aclose()
        await backend.transport.aclose()


def _shut_out(name: str, refusal: Refusal) -> Told:
    """Of a backend where the gateway cannot log in."""
    absent = refusal.reason in (Reason.BACKEND_UNAVAILABLE, Reason.BACKEND_LATE)
    return Told(
        name,
        State.UNREACHABLE if absent else State.UNFIT,
        f"gives no session: {phrase(refusal.reason, refusal.detail)}",
    )


async def _reply(backend: Backend, own: tuple[bytes, bytes] | None, scope: str | None) -> Reply:
    """The first job of a list; of a scope that nobody named, which only tells whether somebody is there."""
    dialect = backend.dialect
    needed = all("{scope}" in endpoint.path for endpoint in dialect.spec.operations.list)
    asked = (scope or dialect.spec.scope.kind) if needed else scope
    call = ListJobs(asked, Window(0, 1) if dialect.spec.paging else None)
    request = dialect.write_call(call)
    if own is not None:
        request = replace(request, headers=(*request.headers, own))
    return dialect.read_reply(call, await backend.transport.send(request))


def _judged(backend: Backend, own: tuple[bytes, bytes] | None, reply: Reply, scope: str | None) -> Told:
    if isinstance(reply, Page):
        return Told(backend.name, State.ANSWERS, "answers")
    if not isinstance(reply, Refusal):
        return Told(backend.name, State.UNFIT, "answers a list with something else")
    if reply.reason in _CREDENTIAL and own is None:
        return Told(backend.name, State.ANSWERS, "answers; each caller's own credential is judged there")
    if reply.reason is Reason.NO_SCOPE and scope is None:
        return Told(backend.name, State.ANSWERS, "answers; which scope to ask for is each caller's to say")
    if reply.reason in _CREDENTIAL:
        return Told(backend.name, State.UNFIT, f"refuses its `{'credential' if backend.session is None else 'login'}`")
    return Told(backend.name, State.UNFIT, f"gives no list: {_without_secret(backend, own, reply)}")


def _without_secret(backend: Backend, own: tuple[bytes, bytes] | None, refusal: Refusal) -> str:
    """A detail may name a value of the answer, which may be the credential sent back."""
    if own is not None:
        refusal = masked(refusal, backend.dialect.credentials.secret_in(own[1]))
    return phrase(refusal.reason, refusal.detail)


def _mapped_scope(config: Config, name: str) -> str | None:
    """A scope that some route leads there."""
    scopes = (scope for route in config.routes if route.backend == name for scope in (route.scopes or {}).values())
    return next((scope for scope in scopes if scope is not None), None)
