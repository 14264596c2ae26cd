"""The id of a request: the caller's own where it is one, else a new one."""

from __future__ import annotations

import re
from binascii import hexlify
from random import Random
from typing import Final

from jobgateway.translation.wire import Headers

NAME: Final = b"x-request-id"
_GIVEN: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def given_id(headers: Headers) -> bytes | None:
    """The caller's own id; ``None`` where it gives none, two, or what is none."""
    given = [value for name, value in headers if name == NAME]
    return given[0] if len(given) == 1 and _GIVEN.fullmatch(given[0]) else None


def without_id(headers: Headers) -> Headers:
    """All headers but ids."""
    return tuple([header for header in headers if header[0] != NAME])


class RequestIds:
    """Makes ids that do not repeat: 32 hexadecimal digits, drawn at random. They guard nothing."""

    def __init__(self) -> None:
        self._draw = Random().getrandbits  # noqa: S311, an id is no secret

    def new(self) -> bytes:
        """An id."""
        return hexlify(self._draw(128).to_bytes(16, "big"))
