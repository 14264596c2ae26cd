"""A gateway whose backend's answers are changed on their way, byte by byte if need be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from jobgateway.backends.transport import Transport
from jobgateway.gateway import Exchange, Gateway
from jobgateway.mock.population import population
from jobgateway.translation.wire import Request, Response
from support.gateways import DIALECTS, gateway_over, get
from support.refused import LISTS

JOB = population(1, seed=3)[0]
HERE = "@here@"


class Mangling:
    """The transport: what the one behind it brings goes through ``change``."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.change: Callable[[bytes], bytes] = bytes

    async def send(self, request: Request) -> Response:
        response = await self._inner.send(request)
        return msgspec.structs.replace(response, body=self.change(response.body))

    async def aclose(self) -> None:
        await self._inner.aclose()


class Pair:
    """A caller's dialect over a backend's."""

    def __init__(self, caller: str, spoken: str) -> None:
        usual = gateway_over([JOB], caller=caller, backend=spoken)
        backend = usual._backends["store"]
        self._mangling = Mangling(backend.transport)
        changed = msgspec.structs.replace(backend, transport=self._mangling)
        self._gateway = Gateway(usual.config, {"store": changed})
        self._caller = caller

    async def ask(self, operation: str, change: Callable[[bytes], bytes]) -> Exchange:
        """What a caller gets who lists or gets, where the backend's answers are changed."""
        self._mangling.change = change
        target = LISTS[self._caller] + (f"/{JOB.id}" if operation == "get" else "")
        return await self._gateway.answer(get(target, DIALECTS[self._caller]))


def jobs_in(node: Any) -> Iterator[dict[str, Any]]:
    """The objects that have most to say, which are the jobs."""
    if isinstance(node, list):
        for each in node:
            yield from jobs_in(each)
    elif isinstance(node, dict):
        if len(node) > 6:
            yield node
        else:
            for each in node.values():
                yield from jobs_in(each)


def with_member(data: bytes) -> Callable[[bytes], bytes]:
    """Put these bytes into the first job as a member that nobody knows."""

    def change(body: bytes) -> bytes:
        tree = json.loads(body)
        next(jobs_in(tree))["zzz"] = HERE
        return json.dumps(tree).encode().replace(f'"{HERE}"'.encode(), data)

    return change


def with_value(name: str, text: str) -> Callable[[bytes], bytes]:
    """Say this in the first job instead of what a member said."""

    def change(body: bytes) -> bytes:
        tree = json.loads(body)
        next(jobs_in(tree))[name] = HERE
        return json.dumps(tree).encode().replace(f'"{HERE}"'.encode(), text.encode())

    return change
