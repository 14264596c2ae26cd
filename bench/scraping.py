"""Somebody who reads a gateway's metrics at intervals, as Prometheus does."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from types import TracebackType
from typing import Final, Self

from bench.asking import ask_on
from bench.wording import Wanted

SCRAPED_EVERY: Final = 1.0
"""Seconds; Prometheus asks every 15 or 60."""
_METRICS: Final = Wanted("/metrics", ("Accept", "text/plain"))


class Scraper:
    """Reads the metrics at once and then at intervals, until the end of the block."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=10)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._scrape)
        self.problem = "was never scraped"
        """Why this was no scraping; empty once it was."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _scrape(self) -> None:
        while True:
            try:
                told = ask_on(self._connection, _METRICS).body
            except OSError as error:
                self.problem = f"could not be scraped: {error}"
                return
            self.problem = "" if b"jobgateway_requests_total" in told else "told no metrics"
            if self._over.wait(SCRAPED_EVERY):
                return
