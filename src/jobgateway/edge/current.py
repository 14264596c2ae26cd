"""The gateway in use. It is swapped whole; requests under way end on the one that they began with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobgateway.config.model import Config
    from jobgateway.gateway import Gateway


class Snapshot:
    """A configuration with its gateway, and how many requests it is answering."""

    __slots__ = ("_idle", "config", "gateway", "inflight")

    def __init__(self, config: Config, gateway: Gateway) -> None:
        self.config = config
        self.gateway = gateway
        self.inflight = 0
        self._idle: asyncio.Event | None = None

    def __enter__(self) -> Gateway:
        self.inflight += 1
        return self.gateway

    def __exit__(self, *_: object) -> None:
        self.inflight -= 1
        if self._idle is not None and not self.inflight:
            self._idle.set()

    async def retire(self) -> None:
        """Close the gateway once its last request has ended. No request may begin after this."""
        if self.inflight:
            self._idle = asyncio.Event()
            await self._idle.wait()
        await self.gateway.aclose()


class Current:
    """Holds the snapshot in use, and closes those before it."""

    def __init__(self, config: Config, gateway: Gateway) -> None:
        self.snapshot = Snapshot(config, gateway)
        self._retiring: dict[asyncio.Task[None], Snapshot] = {}

    @property
    def inflight(self) -> int:
        """The requests that are being answered, on whichever snapshot."""
        return self.snapshot.inflight + sum(snapshot.inflight for snapshot in self._retiring.values())

    def swap(self, config: Config, gateway: Gateway) -> None:
        """Answer every request that begins from now on with ``gateway``."""
        old, self.snapshot = self.snapshot, Snapshot(config, gateway)
        task = asyncio.get_running_loop().create_task(old.retire())
        self._retiring[task] = old
        task.add_done_callback(self._retiring.pop)

    async def aclose(self) -> None:
        """Close every gateway, each once its last request has ended."""
        await asyncio.gather(self.snapshot.retire(), *self._retiring)
