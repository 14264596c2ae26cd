"""Reading files: whole, bounded, and only if they are files."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from msgspec import Struct

OPEN_TO_ALL: Final = "can be read by everybody on this machine; chmod 600 it, or 640 for the gateway's group"
"""What is said of a file that holds a secret."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Content(Struct, frozen=True):
    """What a file holds; ``mode`` are its permission bits."""

    data: bytes
    mode: int

    @property
    def private(self) -> bool:
        """Whether nobody but its owner can read it."""
        return self.mode & _OTHERS == 0

    @property
    def public(self) -> bool:
        """Whether everybody on this machine can read it. A group can be the gateway's own."""
        return self.mode & stat.S_IROTH != 0


class UnreadableError(Exception):
    """A file that cannot be read; the text says why."""


def read_file(path: str, largest: int) -> Content:
    """The content of a file, of ``largest`` + 1 bytes at most. Raises ``UnreadableError``.

    Only regular files are read: a pipe or a device could block for ever.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        raise UnreadableError(_why(error)) from None
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise UnreadableError("it is not a file")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return Content(stream.read(largest + 1), stat.S_IMODE(state.st_mode))
    except OSError as error:
        raise UnreadableError(_why(error)) from None
    finally:
        os.close(handle)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.errno in _WORDS:
        return _WORDS[error.errno]
    return "the system refuses it"


_WORDS: Final = {
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "there is no such file",
    errno.EACCES: "permission is denied",
    errno.EISDIR: "it is not a file",
    errno.ELOOP: "its links lead in a circle",
    errno.ENAMETOOLONG: "its name is too long",
}


def beside(file: str, path: str) -> str:
    """A path that another file names: it starts from that file's folder, unless it is absolute."""
    return os.path.normpath(os.path.join(os.path.dirname(file), path))  # noqa: PTH118, PTH120 - the text is kept
