"""Keeps what other people's HTTP clients would log about requests out of every log."""

from __future__ import annotations

import logging
from typing import Final

_LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


def hush_http_clients() -> None:
    """Let the loggers of httpx and httpcore say warnings and errors only, whatever their level is set to.

    httpcore writes every header of an answer at DEBUG, and httpx every URL at INFO; a backend may repeat a secret in
    either. A filter stays where it is when logging is configured anew; a level or ``disabled`` would not. Calling this
    again changes nothing.
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_worth_saying)


def _worth_saying(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
