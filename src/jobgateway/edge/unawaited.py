"""Errors that nobody awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobgateway.observe.events import traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobgateway.observe.events import Events


def teller(events: Events) -> Callable[[Any, dict[str, Any]], None]:
    """What a loop says of errors that nobody awaits; its own way would print their texts."""

    def tell(_loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        events.tell("loop_error", "error", errors=[] if error is None else traces(error))

    return tell
