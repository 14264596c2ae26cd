"""Where backends are, and where callers ask: URLs, host names and path prefixes."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from jobgateway.config.findings import closest
from jobgateway.config.unfit import UnfitError

DEMO: Final = "demo://"
"""The URL of the embedded store."""

URL: Final = r"([Hh][Tt][Tt][Pp][Ss]?://[^?#@\s]+|demo://)"
HOST: Final = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{0,4})?"
PREFIX: Final = r"(/[A-Za-z0-9._~-]+)*"
BIND: Final = r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+"

_SCHEMES: Final = ("https", "http", "demo")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]+")
_LONGEST_NAME: Final = 253


def read_url(text: str) -> str:
    """A backend's URL, in lower case up to its path, without a slash at its end. Raises ``UnfitError``."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        raise UnfitError("is not a URL; write https://host/path, http://host/path or demo://", hide="@" in text)
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        raise UnfitError("holds a user or a password; write the URL without, and give `credential`", hide=True)
    if "?" in text or "#" in text:
        raise UnfitError("has a query or a fragment; a backend's URL ends with its path", hide=True)
    scheme = scheme.lower()
    if scheme not in _SCHEMES:
        raise UnfitError("is not a URL with https, http or demo", near=closest(scheme, _SCHEMES))
    if scheme == "demo":
        if rest:
            raise UnfitError("is not demo://, which has neither host nor path")
        return DEMO
    return f"{scheme}://{_authority(authority)}{_path(slash + path)}"


def read_host(text: str) -> str:
    """A name that callers ask for, with a port or without, in lower case. Raises ``UnfitError``."""
    if "/" in text:
        raise UnfitError("is no host: it goes without scheme and path")
    return _authority(text)


def read_prefix(text: str) -> tuple[str, ...]:
    """The segments of a path prefix. Raises ``UnfitError``."""
    if text == "":
        return ()
    if text == "/":
        raise UnfitError("is no prefix; leave the key out for none")
    if not text.startswith("/"):
        raise UnfitError("is not a prefix: it begins with a slash", near=f"/{text.rstrip('/')}")
    return _segments(text.split("/")[1:])


def write_prefix(segments: tuple[str, ...]) -> str:
    """The text that reads as these segments."""
    return "".join(f"/{segment}" for segment in segments)


def read_bind(text: str) -> str:
    """An address or a name to listen on. Raises ``UnfitError``."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_address(bare):
        return bare
    if _is_name(text.lower()):
        return text.lower()
    raise UnfitError("is neither an IP address nor a host name; the port has its own key")


def is_loopback(url: str) -> bool:
    """Whether a URL, as ``read_url`` gives it, stays on this machine."""
    authority = url.partition("://")[2].partition("/")[0]
    host = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    if _is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _path(path: str) -> str:
    bare = path.removesuffix("/")
    return "/".join(("", *_segments(bare.split("/")[1:]))) if bare else ""


def _segments(segments: list[str]) -> tuple[str, ...]:
    for segment in segments:
        if segment in {".", ".."}:
            raise UnfitError("has a dot segment; write where it leads")
        if segment == "":
            raise UnfitError("has an empty segment")
        if not _SEGMENT.fullmatch(segment):
            raise UnfitError("has a segment with other characters than letters, digits and . _ ~ -")
    return tuple(segments)


def _authority(text: str) -> str:
    found = re.fullmatch(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(:(?P<port>.*))?", text, re.DOTALL)
    host = found["host"].lower() if found else ""
    if not (_is_name(host) or _is_bracketed(host)):
        raise UnfitError("has no valid host: letters, digits, hyphens and dots, or [an IPv6 address]")
    if found is None or found["port"] is None:
        return host
    if not re.fullmatch(r"[1-9][0-9]{0,4}", found["port"]) or int(found["port"]) > 65535:  # noqa: PLR2004 - 16 bits
        raise UnfitError("has no valid port: a number from 1 to 65535")
    return f"{host}:{found['port']}"


def _is_name(text: str) -> bool:
    """A host name or an IPv4 address; what ends in a number is the one or neither (RFC 3986 section 3.2.2)."""
    labels = text.split(".")
    if len(text) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    return not labels[-1].isdigit() or _is_address(text)


def _is_bracketed(text: str) -> bool:
    return text.startswith("[") and ":" in text and "%" not in text and _is_address(text[1:-1])


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
