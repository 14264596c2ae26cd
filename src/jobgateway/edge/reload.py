"""Loading the configuration: at the start, and again whenever it is asked for."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from jobgateway.building import build_gateway
from jobgateway.config.findings import ConfigError
from jobgateway.config.load import load_config
from jobgateway.config.show import masked
from jobgateway.edge.absences import absences
from jobgateway.observe.events import traces

if TYPE_CHECKING:
    from jobgateway.config.model import Config
    from jobgateway.edge.current import Current
    from jobgateway.observe.events import Events
    from jobgateway.observe.metrics import Metrics

DIGEST: Final = 16
"""How many hexadecimal digits name a configuration in the metrics."""


class Reloader:
    """Puts the file's present content in use, or keeps what is in use and says why."""

    def __init__(self, current: Current, metrics: Metrics, events: Events) -> None:
        self._current = current
        self._metrics = metrics
        self._events = events
        self._started_with = current.snapshot.config
        note_loaded(metrics, self._started_with)

    async def reload(self) -> bool:
        """Load, check, build and swap; ``False`` where nothing was changed."""
        try:
            config = await asyncio.to_thread(load_config, self._started_with.path, os.environ)
            gateway = build_gateway(config, self._metrics)
        except ConfigError as error:
            self._refused(findings=[str(finding) for finding in error.findings])
            return False
        except Exception as error:  # noqa: BLE001, whatever is wrong with the new one, the old one serves on
            self._refused(errors=traces(error))
            return False
        self._current.swap(config, gateway)
        digest = note_loaded(self._metrics, config)
        restart, warnings = fixed(self._started_with, config), [str(finding) for finding in config.warnings]
        self._events.tell("reload", outcome="done", config=digest, needs_restart=restart, warnings=warnings)
        return True

    def _refused(self, **why: Any) -> None:
        self._metrics.config_refused()
        self._events.tell("reload", "error", outcome="refused", **why)


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
    """Tell the metrics which configuration is in use; gives its digest, which knows no secret."""
    digest = hashlib.sha256(msgspec.json.encode(masked(config), order="sorted")).hexdigest()[:DIGEST]
    metrics.config_loaded(digest, absences(config), time.time())
    return digest
