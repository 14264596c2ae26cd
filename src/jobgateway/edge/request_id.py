"""The id of a request: the caller's own where it is one, else a new one."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from jobgateway.translation.wire import Headers

NAME: Final = b"x-request-id"
_GIVEN: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """Makes ids that do not repeat: 32 hexadecimal digits, drawn at random. They guard nothing."""

    def __init__(self) -> None:
        self._draw = Random().getrandbits  # noqa: S311, an id is no secret

    def identify(self, headers: Headers) -> tuple[Headers, bytes]:
        """The headers with exactly one good id, and the id."""
        for name, _ in headers:
            if name == NAME:
                return self._settled(headers)
        made = b"%032x" % self._draw(128)
        return (*headers, (NAME, made)), made

    def _settled(self, headers: Headers) -> tuple[Headers, bytes]:
        """The same where there are ids already."""
        given = [value for name, value in headers if name == NAME]
        if len(given) == 1 and _GIVEN.fullmatch(given[0]):
            return headers, given[0]
        return self.identify(tuple([header for header in headers if header[0] != NAME]))
