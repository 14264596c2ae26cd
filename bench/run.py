"""One run: what every scenario is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from bench.contenders import Contender, Started
from bench.figures import Setting, Sheet


class Run(Struct, frozen=True):
    """What is measured and how much of it, and where the figures go."""

    setting: Setting
    contenders: tuple[Contender, ...]
    """Those that this machine can run, the gateway among them."""
    backend: Started
    """A backend of the peers' dialect that holds many jobs."""
    sheet: Sheet
    tell: Callable[[str], None]
    """Says a line to whoever waits."""

    def rounds(self, what: str) -> Iterator[int]:
        """The rounds of a scenario, each told as it begins."""
        for turn in range(self.setting.rounds):
            self.tell(f"{what}: round {turn + 1} of {self.setting.rounds}")
            yield turn
