"""What a gateway says to a caller, read by a grammar that forgives nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

_HEAD: Final = re.compile(
    rb"HTTP/1\.1 (?P<status>[1-5][0-9]{2}) [A-Za-z' -]+\r\n(?P<lines>(?:[a-z-]+: [\t -~\x80-\xff]*\r\n)*)\r\n"
)
_CONTINUE: Final = 100
_EMPTY: Final = (204, 304)


class Said(Struct, frozen=True):
    """A final answer."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def answers(stream: bytes, methods: list[str]) -> Iterator[Said]:
    """The final answers to requests with these methods, then to none. Raises ``AssertionError`` of anything else."""
    asked = iter(methods)
    while stream:
        head = _HEAD.match(stream)
        assert head, f"not the head of an answer: {stream[:200]!r}"
        pairs = [line.partition(b": ")[::2] for line in head["lines"].split(b"\r\n")[:-1]]
        headers = dict(pairs)
        assert len(headers) == len(pairs), f"a header twice: {pairs}"
        status, stream = int(head["status"]), stream[head.end() :]
        if status == _CONTINUE:
            assert not headers, f"100 (Continue) with headers: {headers}"
            continue
        length = _length(headers, status, next(asked, "GET"))
        assert len(stream) >= length, "half an answer"
        yield Said(status, headers, stream[:length])
        stream = stream[length:]


def _length(headers: dict[bytes, bytes], status: int, method: str) -> int:
    told = headers.get(b"content-length")
    assert (told is None) is (status in _EMPTY), f"{status} with a length of {told!r}"
    return 0 if told is None or method == "HEAD" else int(told)
