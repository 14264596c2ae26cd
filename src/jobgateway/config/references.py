"""References: ``${env:NAME}``, ``${env:NAME:-default}``, ``${file:PATH}``, and ``$$`` for a dollar sign.

They stand for whole values and are resolved after parsing, so that nothing that they bring can
change what the file's other lines mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from jobgateway.config.files import UnreadableError, beside, read_file
from jobgateway.config.findings import closest, shown
from jobgateway.config.nodes import Scalar

REFERENCE: Final = re.compile(
    r"\$\{(?:env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^${}]*))?|file:(?P<file>[^${}]+))\}"
)
_LARGEST_FILE: Final = 64 * 1024
_DOLLARS: Final = re.compile(r"\$(\$|\{)")


class Said(Struct, frozen=True):
    """A value as it was said. ``shown`` is how a finding may name it: itself, or the reference that brought it."""

    text: str
    shown: str
    plain: bool = False
    """Without quotes in the file, so that YAML readers may take it for something else."""
    quoted: bool = False
    literal: bool = False
    """Whether the file itself holds the value, if only as a reference's default."""
    public: bool = False
    """Whether everybody on this machine can read the file that a reference brought it from."""

    @property
    def referred(self) -> bool:
        """Whether a reference stands in its place."""
        return not self.plain and not self.quoted


def verbatim(scalar: Scalar) -> Said:
    """What a scalar says where there are no references."""
    return Said(scalar.text, shown(scalar.text), plain=scalar.plain, quoted=not scalar.plain, literal=True)


class UnresolvedError(Exception):
    """A reference that cannot be resolved, and why; ``near`` is what was probably meant."""

    def __init__(self, problem: str, near: str | None = None) -> None:
        super().__init__(problem)
        self.near = near


class References:
    """Where references lead: an environment, and files beside the one that names them.

    No Struct, so that no repr shows an environment.
    """

    def __init__(self, environ: Mapping[str, str], file: str) -> None:
        self._environ = environ
        self._file = file

    def resolve(self, scalar: Scalar) -> Said:
        """What a scalar says. Raises ``UnresolvedError``."""
        found = REFERENCE.fullmatch(scalar.text)
        if found is None:
            return msgspec.structs.replace(verbatim(scalar), text=_literal(scalar.text))
        if found["file"] is not None:
            text, public = self._content(found["file"])
            return Said(text, f"${{file:{found['file']}}}", public=public)
        text = self._variable(found["name"], found["default"])
        return Said(text, f"${{env:{found['name']}}}", literal=found["default"] is not None)

    def _variable(self, name: str, default: str | None) -> str:
        if default == "":
            raise UnresolvedError(f"the default of ${{env:{name}}} is empty")
        value = self._environ.get(name)
        text = default if default is not None and not value else value
        if text is None:
            raise UnresolvedError(f"the environment has no {name}", closest(name, self._environ))
        if not text:
            raise UnresolvedError(f"{name} is empty in the environment")
        if not _is_text(text):
            raise UnresolvedError(f"{name} is not UTF-8 text in the environment")
        return text

    def _content(self, path: str) -> tuple[str, bool]:
        """A file's text without its last line break, and whether everybody can read it."""
        try:
            content = read_file(beside(self._file, path), _LARGEST_FILE)
        except UnreadableError as error:
            raise UnresolvedError(f"the file {shown(path)} cannot be read: {error}") from None
        if len(content.data) > _LARGEST_FILE:
            raise UnresolvedError(f"the file {shown(path)} is larger than {_LARGEST_FILE // 1024} KiB")
        try:
            text = content.data.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise UnresolvedError(f"the file {shown(path)} is not UTF-8 text") from None
        if not text:
            raise UnresolvedError(f"the file {shown(path)} is empty")
        return text, content.public


def _literal(text: str) -> str:
    if any(found == "{" for found in _DOLLARS.findall(text)):
        raise UnresolvedError(_MISUSED if _MISUSED_WITHIN.search(text) else _UNKNOWN)
    return text.replace("$$", "$")


_MISUSED: Final = "a reference stands for a whole value, not within a longer text"
_MISUSED_WITHIN: Final = re.compile(REFERENCE.pattern)
_UNKNOWN: Final = "not a reference; write ${env:NAME}, ${env:NAME:-default} or ${file:PATH}, and $$ for a dollar sign"


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)
