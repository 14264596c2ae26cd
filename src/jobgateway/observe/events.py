"""Operational events, one JSON object a line: a reload, a drain, an internal error."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import PurePath
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import msgspec

from jobgateway.observe.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

Level = Literal["info", "warning", "error"]


class Events:
    """Writes events to a stream, standard error unless another is given."""

    def __init__(self, stream: BinaryIO | None = None, **always: Any) -> None:
        """``always``: facts that stand in every event."""
        self._stream = sys.stderr.buffer if stream is None else stream
        self._always = always
        self._stamp = Stamp()
        self._encoder = msgspec.json.Encoder()

    def tell(self, event: str, level: Level = "info", **facts: Any) -> None:
        """Write one event; ``facts`` are plain data without secrets."""
        told = {"ts": self._stamp.now(), "level": level, "event": event, **self._always, **facts}
        line = self._encoder.encode(told) + b"\n"
        with suppress(OSError, ValueError):  # nobody reads standard error any more; the gateway serves on
            self._stream.write(line)
            self._stream.flush()


def traces(error: BaseException) -> list[dict[str, Any]]:
    """The types and places of an error, the members of its groups and its causes; never their texts."""
    return [
        {"type": type(each).__name__, "frames": [_place(frame) for frame in extract_tb(each.__traceback__)]}
        for each in _family(error)
    ]


def _family(error: BaseException) -> Iterator[BaseException]:
    yield error
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for each in (*members, error.__cause__):
        if each is not None:
            yield from _family(each)


def _place(frame: Any) -> str:
    """The file and its folder tell enough; where the program is installed is nobody's business."""
    return f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno}"
