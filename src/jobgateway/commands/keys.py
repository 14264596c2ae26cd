"""``keys``: what a configuration says of callers' keys."""

from __future__ import annotations

import sys
from typing import Final

import click

from jobgateway.commands.exits import Exit, Stop
from jobgateway.commands.output import note
from jobgateway.config.keys import digest_of, weakness_of
from jobgateway.config.model import Secret
from jobgateway.config.specs import shipped_dialects

LARGEST: Final = 64 * 1024
"""Bytes that are read of standard input."""


@click.group()
def keys() -> None:
    """Prepare the keys of callers."""


@keys.command("hash")
@click.argument("given", nargs=-1, metavar="")
def hash_key(given: tuple[str, ...]) -> None:
    """Print the digest of a key, for `key_sha256`.

    The key is read from standard input, or asked for on a terminal. A line break at its end is not part of it. A key
    that is empty, or that no request could carry, is refused with 1; one that could be guessed from its digest is told.
    """
    if given:
        raise click.UsageError("the key is read from standard input: whoever lists processes sees an argument")
    key = Secret(_asked() if sys.stdin.isatty() else _piped())
    _refuse_unfit(key)
    weakness = weakness_of(key)
    if weakness is not None:
        note(f"jobgateway: the key is weak: {weakness}; its digest could give it away. Make one: openssl rand -hex 32")
    click.echo(digest_of(key).hex())


def _asked() -> str:
    text: str = click.prompt(
        "Key", hide_input=True, confirmation_prompt=True, err=True, default="", show_default=False, prompt_suffix=": "
    )
    return text


def _piped() -> str:
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Stop(Exit.FINDINGS, f"jobgateway: the key is larger than {LARGEST // 1024} KiB")
    try:
        return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Stop(Exit.FINDINGS, "jobgateway: the key is not UTF-8 text") from None


def _refuse_unfit(key: Secret) -> None:
    """End where nobody could present the key; no message repeats it."""
    if not key.reveal():
        raise Stop(Exit.FINDINGS, "jobgateway: the key is empty")
    unable = [name for name, dialect in shipped_dialects().items() if dialect.write_secret(key.reveal()) is None]
    if len(unable) == len(shipped_dialects()):
        raise Stop(Exit.FINDINGS, "jobgateway: the key has a character that no request can carry, or too many")
    if unable:
        note(f"jobgateway: the key has a character that {' and '.join(unable)} cannot carry")
