"""One configuration for all workers: each makes its gateway, and only when all have, all swap."""

from __future__ import annotations

import asyncio
import os
import pickle
import time
from typing import TYPE_CHECKING, Final

from jobgateway.building import build_gateway
from jobgateway.config.load import load_config
from jobgateway.edge.channel import Discard, Prepare, Prepared, Swap
from jobgateway.edge.descriptors import fitted
from jobgateway.edge.reload import NotTakenError, digest_of

if TYPE_CHECKING:
    from jobgateway.config.model import Config
    from jobgateway.edge.crew import Crew
    from jobgateway.edge.process import Process
    from jobgateway.observe.board import Board

WITHIN: Final = 10.0
"""Seconds that a worker may take to do what it is told; one that takes longer is ended."""


async def load(path: str) -> Config:
    """Read and check a file in this thread: a process that forks has no other. Raises ``ConfigError``."""
    return fitted(load_config(path, os.environ))


class Rollout:
    """The configuration in use, and its change."""

    def __init__(self, config: Config, crew: Crew, board: Board) -> None:
        self.config = config
        """What workers start with."""
        self._crew = crew
        self._board = board

    async def begin(self) -> None:
        """Try the configuration that workers are to start with; it raises what would end each of them."""
        await _try(self.config)
        self._note()

    async def put(self, config: Config) -> str:
        """Put a checked configuration in use in all workers; gives its digest.

        Raises ``NotTakenError``, or what building it raises, where it was put in use in none.
        """
        await _try(config)
        with self._crew.held() as processes:
            await self._prepare(processes, Prepare(pickle.dumps(config)))
            self.config = config
            await asyncio.gather(*(process.ask(Swap(), WITHIN) for process in processes))
        return self._note()

    async def _prepare(self, processes: list[Process], order: Prepare) -> None:
        reports = await asyncio.gather(*(process.ask(order, WITHIN) for process in processes))
        for report in reports:
            if isinstance(report, Prepared) and report.errors:
                await asyncio.gather(*(process.tell(Discard()) for process in processes))
                raise NotTakenError(report.errors)

    def _note(self) -> str:
        digest = digest_of(self.config)
        self._board.config_loaded(digest, time.time())
        return digest


async def _try(config: Config) -> None:
    """Build a gateway that is never asked; what it imports, workers that are forked later need not load again."""
    await build_gateway(config).aclose()
