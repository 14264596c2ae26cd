"""Configurations of the gateway under load."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from bench.wording import CALLER, SCOPE


class Settings(Struct, frozen=True):
    """What differs between gateways; the rest is as it is by default."""

    callers: bool = True
    """Whether who asks must be known and the gateway lends its key; else the caller's own secret is handed on."""
    workers: int = 1
    admin: int | None = None
    """The admin port; ``None``: there is none."""
    routes: tuple[tuple[str, str], ...] = ()
    """Callers' dialects and the backends that answer them, each pair under a prefix; else the one pair without."""


def prefix_of(caller: str, backend: str) -> str:
    """Where a pair's route is, if there are several."""
    return f"/{caller}-over-{backend}"


def write_config(folder: Path, settings: Settings, port: int, backends: Mapping[str, int]) -> Path:
    """A file for a gateway on a port; ``backends`` are ports by the name of the backend's dialect."""
    lines = ["version: 1", f"listen: {{host: 127.0.0.1, port: {port}}}"]
    if settings.admin is not None:
        lines.append(f"admin: {{host: 127.0.0.1, port: {settings.admin}}}")
    if settings.workers > 1:
        lines.append(f"workers: {settings.workers}")
    lines.append("backends:")
    lines += [_backend(name, at, settings) for name, at in backends.items()]
    if settings.callers:
        lines.append('callers: {bench: {key: "${env:BENCH_KEY}"}}')
    lines.append("routes:")
    if settings.routes:
        lines += [_route(caller, backend, prefix_of(caller, backend)) for caller, backend in settings.routes]
    else:
        lines += [_route(CALLER, backend, "") for backend in backends]
    path = folder / "gateway.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _backend(name: str, port: int, settings: Settings) -> str:
    dialect = name.partition("_")[0]
    scope = "" if dialect == "explorer" else f", scope: {SCOPE}"
    credential = ', credential: "${env:BENCH_KEY}"' if settings.callers else ""
    return f'  {name}: {{dialect: {dialect}, url: "http://127.0.0.1:{port}"{scope}{credential}}}'


def _route(caller: str, backend: str, prefix: str) -> str:
    return f'  - {{dialect: {caller}, backend: {backend}, prefix: "{prefix}"}}'
