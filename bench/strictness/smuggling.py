"""Requests within requests: each body is another request to whoever believes the other one of two lengths."""

from __future__ import annotations

from typing import Final

from bench.strictness.cases import HEAD, TARGET, Case, Suite

HIDDEN: Final = HEAD.replace(TARGET.encode(), f"{TARGET}/666".encode()) + b"\r\n"
"""The request that nobody should see who takes the body for one."""
CODINGS: Final[dict[str, bytes]] = {
    "plain": b"Transfer-Encoding: chunked\r\n",
    "in capitals": b"TRANSFER-ENCODING: CHUNKED\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n",
    "a tab before the colon": b"Transfer-Encoding\t: chunked\r\n",
    "a tab behind the colon": b"Transfer-Encoding:\tchunked\r\n",
    "a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n",
    "a form feed": b"Transfer-Encoding: \x0cchunked\r\n",
    "a NUL": b"Transfer-Encoding: chunked\0\r\n",
    "a byte beyond ASCII": b"Transfer-Encoding: \xa0chunked\r\n",
    "quotes": b'Transfer-Encoding: "chunked"\r\n',
    "a comma behind": b"Transfer-Encoding: chunked,\r\n",
    "a comma before": b"Transfer-Encoding: ,chunked\r\n",
    "a semicolon": b"Transfer-Encoding: chunked;\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "identity before": b"Transfer-Encoding: identity, chunked\r\n",
    "identity behind": b"Transfer-Encoding: chunked, identity\r\n",
    "twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "another one first": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    "another one last": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
    "folded": b"Transfer-Encoding:\r\n chunked\r\n",
    "folded name": b"X: a\r\n Transfer-Encoding: chunked\r\n",
    "behind a carriage return": b"X: a\rTransfer-Encoding: chunked\r\n",
    "behind a line feed": b"X: a\nTransfer-Encoding: chunked\r\n",
    "an underscore": b"Transfer_Encoding: chunked\r\n",
    "a byte before the name": b"\x0bTransfer-Encoding: chunked\r\n",
    "a space before the name": b" Transfer-Encoding: chunked\r\n",
    "named by Connection": b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n",
}
LENGTHS: Final[dict[str, tuple[bytes, bytes]]] = {
    "nought and all": (b"Content-Length: 0\r\n", b"Content-Length: %d\r\n"),
    "all and nought": (b"Content-Length: %d\r\n", b"Content-Length: 0\r\n"),
    "nought and a list": (b"Content-Length: 0, %d\r\n", b""),
    "a list and nought": (b"Content-Length: %d, 0\r\n", b""),
    "nought and a sign": (b"Content-Length: 0\r\n", b"Content-Length: +%d\r\n"),
    "a sign alone": (b"Content-Length: +%d\r\n", b""),
    "a space before the colon": (b"Content-Length : %d\r\n", b""),
    "an underscore": (b"Content_Length: %d\r\n", b""),
    "behind a line feed": (b"X: a\nContent-Length: %d\r\n", b""),
    "behind a carriage return": (b"X: a\rContent-Length: %d\r\n", b""),
    "folded": (b"Content-Length:\r\n %d\r\n", b""),
    "named by Connection": (b"Connection: Content-Length\r\n", b"Content-Length: %d\r\n"),
    "in the trailers": (b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: %d\r\n", b""),
}
CHUNKS: Final[dict[str, bytes]] = {
    "an extension with a line feed": b"0;a\n\r\n\r\n",
    "an extension with a carriage return": b"0;a\r\r\n\r\n",
    "line feeds": b"0\n\n",
    "a size with a prefix": b"0x0\r\n\r\n",
    "a size that overflows": b"10000000000000000\r\n\r\n",
    "a chunk that ends late": b"1\r\nZZ\r\n0\r\n\r\n",
    "an end without its line": b"0\r\n",
}


def smuggling() -> Suite:
    """Every way to hide a request."""
    return Suite("requests within requests", (*_by_length(), *_by_coding(), *_two_lengths(), *_by_chunks()))


def _by_length() -> tuple[Case, ...]:
    """Who believes the length sees one request, who believes the coding two."""
    body = b"0\r\n\r\n" + HIDDEN
    length = b"Content-Length: %d\r\n" % len(body)
    return tuple(
        Case(f"length or coding: {name}", HEAD + length + coding + b"\r\n" + body) for name, coding in CODINGS.items()
    )


def _by_coding() -> tuple[Case, ...]:
    """Who believes the coding sees one request, who believes the length another one in its chunk."""
    size = b"%x\r\n" % len(HIDDEN)
    body = size + HIDDEN + b"\r\n0\r\n\r\n"
    length = b"Content-Length: %d\r\n" % len(size)
    return tuple(
        Case(f"coding or length: {name}", HEAD + coding + length + b"\r\n" + body) for name, coding in CODINGS.items()
    )


def _two_lengths() -> tuple[Case, ...]:
    """Who believes one length sees one request, who believes the other two."""
    found = []
    for name, (first, second) in LENGTHS.items():
        lines = b"".join(line % len(HIDDEN) if b"%d" in line else line for line in (first, second))
        found.append(Case(f"two lengths: {name}", HEAD + lines + b"\r\n" + HIDDEN))
    return tuple(found)


def _by_chunks() -> tuple[Case, ...]:
    """Where the last chunk ends is not clear."""
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    return tuple(Case(f"chunks: {name}", head + end + HIDDEN) for name, end in CHUNKS.items())
