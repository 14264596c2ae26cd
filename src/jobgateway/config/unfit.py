"""The one way to say that a text does not mean what its place asks for."""

from __future__ import annotations


class UnfitError(Exception):
    """A text that does not fit. ``problem`` is said of it; ``hide``: without showing it."""

    def __init__(self, problem: str, *, near: str | None = None, hide: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.near = near
        self.hide = hide
