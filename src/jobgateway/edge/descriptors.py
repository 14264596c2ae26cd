"""Open files: how many a process that serves may need, and that the system allows it as many.

Each connection is one. A system allows a process 1024 by default, of many more that it may ask for.
"""

from __future__ import annotations

import contextlib
import resource
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from jobgateway.building import DEMO, LOGINS
from jobgateway.config.findings import ConfigError, Finding
from jobgateway.edge.callers import HELD

if TYPE_CHECKING:
    from jobgateway.config.findings import Severity
    from jobgateway.config.model import Config

RESERVE: Final = 64
"""For ports, pipes and logs, the admin port's connections, names that are looked up, files that are read."""


def needed(config: Config) -> int:
    """How many files a process that serves may have open."""
    return config.connections_each * _for_each(config) + _besides(config)


def provide(config: Config) -> int:
    """Have this process allowed as many as it may need, or as many as can be had; gives how many of them."""
    wanted = needed(config)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # some systems allow fewer than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return soft


def fitted(config: Config) -> Config:
    """The configuration, with a warning and fewer connections where the system does not allow as many open files.

    To serve fewer is better than to find no file for the next one: only who is counted can give way to others.
    Raises ``ConfigError`` where not one connection fits.
    """
    allowed = provide(config)
    if needed(config) <= allowed:
        return config
    fitting = config.workers * ((allowed - _besides(config)) // _for_each(config))
    if fitting < config.workers:
        raise ConfigError((_finding(config, allowed, "none is left for callers", "error"),))
    warning = _finding(config, allowed, f"{fitting} connections are served", "warning")
    limits = replace(config.limits, connections=fitting)
    return replace(config, limits=limits, warnings=(*config.warnings, warning))


def _for_each(config: Config) -> int:
    """Files for each connection that is served: its own, those of callers turned away, and those to backends."""
    return HELD + len(_asked(config))


def _besides(config: Config) -> int:
    logins = sum(config.specs[dialect].session is not None for dialect in _asked(config))
    return RESERVE + logins * LOGINS


def _asked(config: Config) -> list[str]:
    """The dialects of the backends that are asked over connections."""
    return [backend.dialect for backend in config.backends.values() if not backend.url.startswith(DEMO)]


def _finding(config: Config, allowed: int, so: str, severity: Severity) -> Finding:
    each = f"{config.connections_each} connections" + (" in each worker" if config.workers > 1 else "")
    problem = f"{each} need {needed(config)} open files, and the system allows {allowed} (ulimit -Hn): {so}"
    return Finding(config.path, "limits.connections", problem, severity=severity)
