"""Whole long lists: read by the gateway for one caller, or page after page by a caller of the backend."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import closing
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

from msgspec import Struct

from bench.asking import TIMEOUT, Answer, ask_on
from bench.wording import SCOPE, Wanted, told_ids, wanted
from jobgateway.config.specs import shipped_dialects
from jobgateway.translation.hub import ANYTHING, ListJobs, Page, Window
from jobgateway.translation.wire import Response

MOST_PAGES: Final = 1000


class WalkError(Exception):
    """A list did not come as a whole."""


class Walk(Struct, frozen=True):
    """A whole list: the seconds that it took, its jobs, and the bytes of the answer or answers."""

    seconds: float
    jobs: int
    size: int


def whole(port: int, request: Wanted, dialect: str) -> Walk:
    """Ask once for the whole list; reading what came is not counted. Raises ``WalkError`` or ``OSError``."""
    began = time.perf_counter()
    answer = _ask(port, request)
    seconds = time.perf_counter() - began
    return Walk(seconds, len(set(told_ids(dialect, ListJobs(SCOPE), answer.json()))), len(answer.body))


def page_after_page(port: int, dialect: str) -> Walk:
    """Ask a backend for its largest pages, each once the one before was read. Raises ``WalkError`` or ``OSError``."""
    limit = _largest_page(dialect)
    jobs = size = 0
    began = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        for number in range(MOST_PAGES):
            call = ListJobs(SCOPE, Window(number * limit, limit), ANYTHING, None)
            answer = ask_on(connection, wanted(dialect, call))
            page = _page(dialect, call, answer)
            jobs, size = jobs + len(page.jobs), size + len(answer.body)
            if len(page.jobs) < limit or jobs == page.total:
                return Walk(time.perf_counter() - began, jobs, size)
    raise WalkError(f"no end after {MOST_PAGES} pages")


class Walking:
    """Asks for the whole list again and again, until the end of the block."""

    def __init__(self, port: int, request: Wanted) -> None:
        self._place = (port, request)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._walk)
        self.count = 0
        self.problem = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _walk(self) -> None:
        while not self._over.is_set():
            try:
                _ask(*self._place)
            except (WalkError, OSError) as error:
                self.problem = str(error)
                return
            self.count += 1


def _ask(port: int, request: Wanted) -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        answer = ask_on(connection, request)
    if answer.status != HTTPStatus.OK:
        raise WalkError(f"answered with {answer.status}: {answer.json()}")
    return answer


def _page(dialect: str, call: ListJobs, answer: Answer) -> Page:
    reply = shipped_dialects()[dialect].read_reply(call, Response(answer.status, answer.body))
    if not isinstance(reply, Page):
        raise WalkError(f"answered with {answer.status}: {reply}")
    return reply


def _largest_page(dialect: str) -> int:
    paging = shipped_dialects()[dialect].spec.paging
    if paging is None or paging.size.largest is None:
        raise WalkError(f"{dialect} has no pages")
    return paging.size.largest
