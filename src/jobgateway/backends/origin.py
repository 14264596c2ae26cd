"""Where a backend is: an origin (RFC 9110 section 4.3.1) and a path prefix, fixed by its configured URL."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Final

from msgspec import Struct

_URL: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<prefix>/[!\"$->@-~]*)?",
    re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LARGEST_PORT: Final = 65535


class Origin(Struct, frozen=True):
    """Scheme, host and port of a backend, and the bytes that go before every path."""

    scheme: str
    host: str
    """A name, or an address without brackets."""
    port: int
    prefix: bytes = b""

    @property
    def authority(self) -> str:
        """What the Host header says (RFC 9110 section 7.2): the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The origin as a URL, without the prefix."""
        return f"{self.scheme}://{self.authority}/"


def origin_of(url: str) -> Origin:
    """The origin and prefix that a URL names; the prefix keeps every byte but its last slashes.

    Raises ``ValueError``, whose text repeats nothing of the URL: it could hold a password.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError(
            "a backend's URL is http:// or https://, a host and perhaps a port and a path, all in ASCII; "
            "it has no user, no query and no fragment"
        )
    scheme = match["scheme"].lower()
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[scheme]
    if not 0 < port <= _LARGEST_PORT:
        raise ValueError("the port in a backend's URL is between 1 and 65535")
    prefix = (match["prefix"] or "").rstrip("/").encode("ascii")
    return Origin(scheme=scheme, host=_host(match), port=port, prefix=prefix)


def _host(match: re.Match[str]) -> str:
    try:
        if match["literal"] is not None:
            return IPv6Address(match["literal"]).compressed
        match["name"].encode("idna")  # refuses empty labels and those of more than 63 characters
    except ValueError:
        raise ValueError("the host in a backend's URL is no host name and no address") from None
    else:
        return match["name"]
