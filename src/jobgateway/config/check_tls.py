"""Whether the files that TLS needs can be used."""

from __future__ import annotations

import ssl

from jobgateway.config.addresses import DEMO
from jobgateway.config.files import OPEN_TO_ALL, beside
from jobgateway.config.findings import Path
from jobgateway.config.known import Known
from jobgateway.config.model import KeyPair
from jobgateway.config.pairs import shown_to_backend, shown_to_callers
from jobgateway.config.pem import KEY, PemError, load_authorities, load_pair, read_pem
from jobgateway.config.source import Backend
from jobgateway.config.source_tls import BackendTls, ListenTls


def check_tls(known: Known) -> None:
    """Note what is wrong with the certificates, keys and authorities that the file names."""
    listen, path = known.said.listen, ("listen", "tls")
    if known.report.sound(path) and listen.tls is not None:
        pair = shown_to_callers(listen, known.report.file)
        _check_pair(known, pair, listen.tls, path, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    for _, backend, place in known.backends():
        if backend.tls is not None and known.report.sound((*place, "tls"), (*place, "url")):
            _check_backend(known, backend, backend.tls, (*place, "tls"))


def _check_backend(known: Known, backend: Backend, tls: BackendTls, path: Path) -> None:
    if not backend.url.startswith("https://"):
        noun = "the embedded store is" if backend.url == DEMO else "http:// backends are"
        known.report.add(path, f"{noun} asked without TLS")
        return
    if tls.key is not None and tls.certificate is None:
        known.report.add((*path, "key"), "a key without a `certificate`")
    if tls.ca is not None:
        try:
            load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), beside(known.report.file, tls.ca))
        except PemError as error:
            _refuse(known, path, error, tls)
    pair = shown_to_backend(tls, known.report.file)
    _check_pair(known, pair, tls, path, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _check_pair(
    known: Known, pair: KeyPair | None, tls: ListenTls | BackendTls, path: Path, context: ssl.SSLContext
) -> None:
    if pair is None:
        return
    try:
        load_pair(context, pair)
        if read_pem(KEY, pair.key).public:
            place = (*path, "certificate" if tls.key is None else "key")
            known.report.warn(place, f"the file {known.report.shown(place, _named(tls, KEY))} {OPEN_TO_ALL}")
    except PemError as error:
        _refuse(known, path, error, tls)


def _refuse(known: Known, path: Path, error: PemError, tls: ListenTls | BackendTls) -> None:
    """Say it where the file is named; a key that is not named is looked for in the certificate's file."""
    part = "certificate" if error.part == KEY and tls.key is None else error.part
    place = (*path, part)
    known.report.add(place, f"the file {known.report.shown(place, _named(tls, error.part))} {error}")


def _named(tls: ListenTls | BackendTls, part: str) -> str:
    """The file's name as it was said."""
    return getattr(tls, part, None) or tls.certificate or ""
