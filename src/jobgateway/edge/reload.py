"""Loading the configuration again whenever it is asked for: all of it is put in use, or nothing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from jobgateway.building import build_gateway
from jobgateway.config.findings import ConfigError
from jobgateway.config.load import load_config
from jobgateway.config.show import masked
from jobgateway.edge.absences import absences
from jobgateway.edge.descriptors import fitted
from jobgateway.observe.events import traces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jobgateway.config.model import Config
    from jobgateway.edge.current import Current
    from jobgateway.observe.events import Events
    from jobgateway.observe.metrics import Metrics

    Put = Callable[[Config], Awaitable[str]]
    """Puts a checked configuration in use and gives its digest, or raises and changes nothing."""
    Load = Callable[[str], Awaitable[Config]]
    """Reads and checks a file. Raises ``ConfigError``."""

DIGEST: Final = 16
"""How many hexadecimal digits name a configuration in the metrics."""


class Noting(Protocol):
    """Who is to know of a reload that failed."""

    def config_refused(self) -> None:
        """The configuration before it stays in use."""
        ...


class NotTakenError(Exception):
    """A worker could not use a configuration; ``errors`` are traces without texts."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


async def load(path: str) -> Config:
    """Read and check a file beside the loop, which answers callers. Raises ``ConfigError``."""
    return fitted(await asyncio.to_thread(load_config, path, os.environ))


class Reloader:
    """Puts the file's present content in use, or keeps what is in use and says why."""

    def __init__(self, started_with: Config, put: Put, noting: Noting, events: Events, *, load: Load = load) -> None:
        self._started_with = started_with
        self._put = put
        self._noting = noting
        self._events = events
        self._load = load

    async def reload(self) -> bool:
        """Load, check, build and swap; ``False`` where nothing was changed."""
        started_with = self._started_with
        try:
            config = await self._load(started_with.path)
            digest = await self._put(msgspec.structs.replace(config, workers=started_with.workers))
        except ConfigError as error:
            self._refused(findings=[str(finding) for finding in error.findings])
            return False
        except NotTakenError as error:
            self._refused(errors=error.errors)
            return False
        except Exception as error:  # noqa: BLE001, whatever is wrong with the new one, the old one serves on
            self._refused(errors=traces(error))
            return False
        restart, warnings = fixed(started_with, config), [str(finding) for finding in config.warnings]
        self._events.tell("reload", outcome="done", config=digest, needs_restart=restart, warnings=warnings)
        return True

    def _refused(self, **why: Any) -> None:
        self._noting.config_refused()
        self._events.tell("reload", "error", outcome="refused", **why)


def putting_in(current: Current, metrics: Metrics) -> Put:
    """What puts a configuration in use in this process, and notes the one that is in use already."""
    note_loaded(metrics, current.snapshot.config)

    async def put(config: Config) -> str:
        current.swap(config, build_gateway(config, metrics))
        return note_loaded(metrics, config)

    return put


def fixed(old: Config, new: Config) -> list[str]:
    """The settings that differ and that a running process cannot change."""
    pairs = {
        "listen": (old.listen, new.listen),
        "admin": (old.admin, new.admin),
        "workers": (old.workers, new.workers),
        "limits.connections": (old.limits.connections, new.limits.connections),
        "limits.request_head": (old.limits.request_head, new.limits.request_head),
    }
    return [name for name, (before, after) in pairs.items() if before != after]


def note_loaded(metrics: Metrics, config: Config) -> str:
    """Tell the metrics of the process that serves which configuration is in use; gives its digest."""
    digest = digest_of(config)
    metrics.config_loaded(digest, absences(config), time.time())
    return digest


def digest_of(config: Config) -> str:
    """A name for a configuration, which knows no secret."""
    return hashlib.sha256(msgspec.json.encode(masked(config), order="sorted")).hexdigest()[:DIGEST]
