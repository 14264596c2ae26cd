"""Losses in words, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import to_builtins

from jobgateway.translation.losses import NEWEST_FIRST, OLDEST_FIRST

if TYPE_CHECKING:
    from jobgateway.translation.losses import Losses

ORDERS: Final = {NEWEST_FIRST: "newest first", OLDEST_FIRST: "oldest first"}
WORK: Final = {
    "counted": "counts the list for its total",
    "walked": "reads every page for a list",
    "sliced": "reads the whole list for a page",
    "windowed": "puts some pages together from several",
    "cancel_reads": "reads the job after a cancel",
    "scope_checked": "reads the job before get and cancel where calls are confined",
}


def losses_data(losses: Losses) -> dict[str, Any]:
    """The losses as plain data; the keys are those of ``Losses``, with ``fidelity`` and ``loses``."""
    data: dict[str, Any] = to_builtins(losses)
    return {"fidelity": losses.fidelity.value, "loses": losses.loses, **data}


def lines_of(losses: Losses) -> list[tuple[str, str]]:
    """What there is to say, as pairs of a word and its explanation."""
    told = (
        ("absent", _listed(losses.absent)),
        ("only in detail", _listed(losses.unlisted)),
        ("not shown", _listed(losses.unseen)),
        ("statuses", statuses_of(losses)),
        ("never said", _listed(losses.unsaid)),
        ("the gateway", work_of(losses)),
        ("scope", "means nothing to the backend unless the route maps it" if losses.unscoped else ""),
    )
    return [(word, text) for word, text in told if text]


def statuses_of(losses: Losses) -> str:
    """Which statuses are shown as which."""
    return ", ".join(f"{collapse.status} shown as {collapse.shown_as}" for collapse in losses.collapsed)


def work_of(losses: Losses) -> str:
    """What the gateway does in the backend's place."""
    conditions = tuple(name for name in losses.emulated if name not in ORDERS)
    work = [f"evaluates {_listed(conditions)}"] if conditions else []
    orders = [ORDERS[name] for name in losses.emulated if name in ORDERS]
    work += [f"turns the list {' or '.join(orders)}"] if orders else []
    return "; ".join((*work, *(text for name, text in WORK.items() if getattr(losses, name))))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
