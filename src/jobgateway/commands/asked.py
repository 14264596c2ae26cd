"""A request as it is written on the command line."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

import click

from jobgateway.translation.wire import Headers, Request

_SAFE: Final = "%/?:@!$&'()*+,;=-._~[]"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2."""


class Header(click.ParamType):
    """A header as curl takes it; what is wrong with one is told without repeating it, since it may hold a secret."""

    name = "header"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[bytes, bytes]:
        """Its name in lower case and its value, trimmed."""
        if isinstance(value, tuple):
            return value
        name, colon, text = value.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            self.fail("a header is written 'Name: value'", param, ctx)
        return name.lower().encode(), text.strip().encode()


def request_of(method: str, target: str, headers: Headers, host: str) -> Request:
    """The request that a client would send; ``host`` is what it asks unless target or headers say another."""
    if (found := re.fullmatch(r"https?://([^/?#]+)(.*)", target)) is not None:
        host, target = found[1], found[2] if found[2].startswith("/") else f"/{found[2]}"
    if not target.startswith("/"):
        raise click.BadParameter("a target is a path, or a URL of http or https", param_hint="TARGET")
    path, _, query = quote(target.partition("#")[0], safe=_SAFE).partition("?")
    named = any(name == b"host" for name, _ in headers)
    return Request(method, path, query, headers if named else ((b"host", host.encode()), *headers))
