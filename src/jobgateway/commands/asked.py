"""A request as it is written on the command line."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

import click

from jobgateway.translation.wire import Headers, Request

_SAFE: Final = "%/?:@!$&'()*+,;=-._~[]"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2."""


def read_header(text: str) -> tuple[bytes, bytes]:
    """A header as curl takes it: its name in lower case, its value trimmed.

    Raises ``BadParameter``, which does not repeat the text: it may hold a secret.
    """
    name, colon, value = text.partition(":")
    if not colon or not _TOKEN.fullmatch(name):
        raise click.BadParameter("a header is written 'Name: value'")
    return name.lower().encode(), value.strip().encode()


def request_of(method: str, target: str, headers: Headers, host: str) -> Request:
    """The request that a client would send; ``host`` is what it asks unless target or headers say another."""
    if (found := re.fullmatch(r"https?://([^/?#]+)(.*)", target)) is not None:
        host, target = found[1], found[2] if found[2].startswith("/") else f"/{found[2]}"
    if not target.startswith("/"):
        raise click.BadParameter("a target is a path, or a URL of http or https", param_hint="TARGET")
    path, _, query = quote(target.partition("#")[0], safe=_SAFE).partition("?")
    named = any(name == b"host" for name, _ in headers)
    return Request(method, path, query, headers if named else ((b"host", host.encode()), *headers))
