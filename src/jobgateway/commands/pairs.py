"""``pairs``: what each caller's dialect loses over each backend's, before any request."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from jobgateway.commands.configured import configured, usual_if_there
from jobgateway.commands.exits import Exit, Stop
from jobgateway.commands.output import columns, format_option, markdown_table, print_json
from jobgateway.commands.telling import lines_of, losses_data, statuses_of, work_of
from jobgateway.config.specs import shipped_specs
from jobgateway.translation.losses import Losses, losses

if TYPE_CHECKING:
    from jobgateway.config.model import Config


class Pair(Struct, frozen=True):
    """The losses of a caller's dialect over a backend, which has a name where a config gives it one."""

    losses: Losses
    via: str | None = None
    filled: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Caller, backend, and by which name."""
        name = f" ({self.via})" if self.via else ""
        return f"{self.losses.caller} <- {self.losses.backend}{name}"


CLASSES = """\b
Classes:
  same      one dialect on both sides: jobs pass as the backend wrote them
  equal     all that the caller's dialect shows arrives
  emulated  the same, and the gateway does part of the backend's work
  lossy     fields are absent (null), or two statuses are shown as one
"""


@click.command(epilog=CLASSES)
@click.option("-c", "--config", "path", metavar="FILE", help="Only the pairs that this configuration's routes use.")
@format_option("text", "json", "markdown")
@click.option("--fail-on-loss", is_flag=True, help="Exit with 1 where fields are absent or statuses collapse.")
def pairs(path: str | None, form: str, *, fail_on_loss: bool) -> None:
    """Print what each caller's dialect loses over each backend's.

    Without -c it is about the gateway.yaml of this folder; without that, about every two dialects that are shipped.
    """
    path = path or usual_if_there()
    found = of_config(configured(path)) if path else of_dialects()
    show = {"text": _print_text, "json": _print_json, "markdown": _print_markdown}[form]
    show(found)
    if fail_on_loss and any(pair.losses.loses for pair in found):
        lossy = ", ".join(pair.title for pair in found if pair.losses.loses)
        raise Stop(Exit.FINDINGS, f"jobgateway: lossy: {lossy}")


def of_dialects() -> list[Pair]:
    """Every two shipped dialects."""
    specs = shipped_specs()
    return [Pair(losses(specs[caller], specs[backend])) for caller, backend in product(sorted(specs), repeat=2)]


def of_config(config: Config) -> list[Pair]:
    """The pairs that the routes use, each once, in the order of the routes."""
    used = dict.fromkeys((route.dialect, route.backend) for route in config.routes)
    return [of_route(config, caller, backend) for caller, backend in used]


def of_route(config: Config, caller: str, backend_name: str) -> Pair:
    """One caller's dialect over one backend, its fill considered."""
    backend = config.backends[backend_name]
    lost = losses(config.specs[caller], config.specs[backend.dialect], frozenset(backend.fill))
    return Pair(lost, backend_name, tuple(sorted(backend.fill)))


def pair_data(pair: Pair) -> dict[str, Any]:
    """A pair as plain data."""
    return {**losses_data(pair.losses), "via": pair.via, "filled": list(pair.filled)}


def _print_text(found: list[Pair]) -> None:
    click.echo("\n\n".join("\n".join(_lines(pair)) for pair in found))


def _lines(pair: Pair) -> list[str]:
    fill = [("filled", ", ".join(pair.filled))] if pair.filled else []
    return [f"{pair.title}: {pair.losses.fidelity}", *columns([*lines_of(pair.losses), *fill], "  ")]


def _print_json(found: list[Pair]) -> None:
    print_json({"loses": any(pair.losses.loses for pair in found), "pairs": [pair_data(pair) for pair in found]})


def _print_markdown(found: list[Pair]) -> None:
    heads = ("caller <- backend", "class", "absent", "not shown", "statuses", "the gateway")
    rows = (
        (
            pair.title,
            pair.losses.fidelity,
            ", ".join((*pair.losses.absent, *pair.losses.unlisted)),
            ", ".join(pair.losses.unseen),
            statuses_of(pair.losses),
            work_of(pair.losses),
        )
        for pair in found
    )
    click.echo("\n".join(markdown_table(heads, rows)))
