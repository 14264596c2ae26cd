"""``check``: whether a configuration is sound, and perhaps whether its backends answer."""

from __future__ import annotations
