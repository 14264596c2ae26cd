"""Which fields the answers of each route lack, for the metric that counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobgateway.config.model import FillFrom
from jobgateway.translation.hub import Operation
from jobgateway.translation.losses import losses

if TYPE_CHECKING:
    from jobgateway.config.model import Backend, Config
    from jobgateway.observe.metrics import Absences
    from jobgateway.translation.losses import Losses
    from jobgateway.translation.spec import Spec


def absences(config: Config) -> Absences:
    """For each pair that a route joins, the absent hub fields by operation."""
    table: Absences = {}
    for route in config.routes:
        backend = config.backends[route.backend]
        caller, spoken = config.specs[route.dialect], config.specs[backend.dialect]
        lost = losses(caller, spoken, _filled(backend, spoken))
        table[route.dialect, backend.name] = _by_operation(caller, lost)
    return table


def _by_operation(caller: Spec, lost: Losses) -> dict[Operation, tuple[str, ...]]:
    """Lists lack no field that only details have; a cancel that shows no job lacks none."""
    listed = tuple(field for field in lost.absent if not caller.job[field.partition(".")[0]].detail_only)
    return {
        Operation.LIST: (*listed, *lost.unlisted),
        Operation.GET: lost.absent,
        Operation.CANCEL: lost.absent if caller.answers.cancel.job else (),
    }


def _filled(backend: Backend, spec: Spec) -> frozenset[str]:
    """The hub fields that the backend's fill supplies; a copy of a field that it lacks supplies nothing."""
    return frozenset(
        name
        for name, value in backend.fill.items()
        if not isinstance(value, FillFrom) or value.field in spec.job or value.field in backend.fill
    )
