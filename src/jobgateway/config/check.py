"""What no part of a configuration shows by itself: whether its parts go together."""

from __future__ import annotations

from jobgateway.config.addresses import DEMO
from jobgateway.config.check_backends import check_backends
from jobgateway.config.check_callers import check_callers
from jobgateway.config.check_routes import check_routes
from jobgateway.config.check_sessions import check_sessions
from jobgateway.config.check_tls import check_tls
from jobgateway.config.findings import dotted
from jobgateway.config.known import Known

_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - they are compared, not bound
_LOCAL = {"localhost": "127.0.0.1"}


def check(known: Known) -> None:
    """Note everything that does not go together."""
    _check_ports(known)
    _check_workers(known)
    check_tls(known)
    check_backends(known)
    check_callers(known)
    check_routes(known)
    check_sessions(known)


def _check_workers(known: Known) -> None:
    workers, limits = known.said.workers, ("limits", "connections")
    if not known.report.sound(("workers",)) or workers == 1:
        return
    if known.report.sound(limits) and known.said.limits.connections < workers:
        known.report.add(limits, f"fewer than there are workers, which is {workers}; they share them evenly")
    for _, backend, path in known.backends():
        if known.report.sound((*path, "url")) and backend.url == DEMO:
            known.report.warn(
                (*path, "url"), "each worker has an embedded store of its own; what one cancels, the others do not"
            )


def _check_ports(known: Known) -> None:
    listen, admin = known.said.listen, known.said.admin
    if not known.report.sound(("listen",), ("admin",)) or admin is None or listen.port != admin.port or not admin.port:
        return
    hosts = {_LOCAL.get(host, host) for host in (listen.host, admin.host)}
    if len(hosts) == 1 or hosts & _WILDCARDS:
        known.report.add(("admin", "port"), f"the same address as {dotted(('listen',))}; callers must not reach it")
