"""Certificates, keys and authorities: files that are looked at when the configuration is checked."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from jobgateway.config.model import KeyPair, Tls
from jobgateway.config.show import masked
from support.certificates import ca_file, pair
from support.configs import MINIMAL, findings, load

LISTEN = MINIMAL + "listen: {tls: {certificate: tls.crt, key: tls.key}}\n"
ALONE = MINIMAL + "listen: {tls: {certificate: tls.crt}}\n"
BACKEND = MINIMAL.replace("url: demo://", "url: https://replay.example.com, tls: {@}")


def backend(tls: str) -> str:
    return BACKEND.replace("@", tls)


def test_without_the_section_there_is_no_tls(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)

    assert config.listen.tls is None
    assert config.backends["replay"].tls == Tls()


def test_what_callers_and_backends_are_shown_is_named_beside_the_file(tmp_path: Path) -> None:
    pair(tmp_path)
    pair(tmp_path, "client")
    ca_file(tmp_path)

    said = backend("ca: ca.pem, certificate: ./client.crt, key: client.key") + LISTEN.removeprefix(MINIMAL)
    config = load(tmp_path, said)

    assert config.listen.tls == KeyPair("tls.crt", "tls.key")
    assert config.backends["replay"].tls == Tls("ca.pem", KeyPair("client.crt", "client.key"))
    assert config.warnings == ()
    assert masked(config)["listen"]["tls"] == {"certificate": "tls.crt", "key": "tls.key"}
    tls = masked(config)["backends"]["replay"]["tls"]
    assert tls == {"ca": "ca.pem", "certificate": "client.crt", "key": "client.key"}


def test_one_file_may_hold_certificate_and_key(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path)
    certificate.write_bytes(key.read_bytes() + certificate.read_bytes())

    assert load(tmp_path, ALONE).listen.tls == KeyPair("tls.crt", "tls.crt")


def no_certificate(folder: Path) -> None:
    (folder / "tls.crt").unlink()


def no_key(folder: Path) -> None:
    (folder / "tls.key").unlink()


def a_folder(folder: Path) -> None:
    (folder / "tls.key").unlink()
    (folder / "tls.key").mkdir()


def swapped(folder: Path) -> None:
    (folder / "tls.crt").write_bytes((folder / "tls.key").read_bytes())


def certificate_as_key(folder: Path) -> None:
    (folder / "tls.key").write_bytes((folder / "tls.crt").read_bytes())


def another_key(folder: Path) -> None:
    pair(folder, "other")
    (folder / "other.key").rename(folder / "tls.key")


def empty(folder: Path) -> None:
    (folder / "tls.crt").write_bytes(b"")


def der(folder: Path) -> None:
    (folder / "tls.key").write_bytes(b"\x30\x82" + bytes(200))


def large(folder: Path) -> None:
    (folder / "tls.crt").write_bytes(b"\n" * (1024 * 1024 + 1))


def damaged_certificate(folder: Path) -> None:
    text = (folder / "tls.crt").read_text()
    (folder / "tls.crt").write_text(text.replace(text.splitlines()[1], "AAAA" + text.splitlines()[1][4:]))


def damaged_key(folder: Path) -> None:
    text = (folder / "tls.key").read_text()
    (folder / "tls.key").write_text(text.replace(text.splitlines()[1], "AAAA" + text.splitlines()[1][4:]))


def locked(folder: Path) -> None:
    key = serialization.load_pem_private_key((folder / "tls.key").read_bytes(), None)
    lock = serialization.BestAvailableEncryption(b"sekret")
    form = serialization.PrivateFormat.PKCS8
    (folder / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))


CERTIFICATE = "gateway.yaml:6:16: listen.tls.certificate: the file 'tls.crt' "
KEY = "gateway.yaml:6:38: listen.tls.key: the file 'tls.key' "


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_certificate, CERTIFICATE + "cannot be read: there is no such file"),
        (no_key, KEY + "cannot be read: there is no such file"),
        (a_folder, KEY + "cannot be read: it is not a file"),
        (swapped, CERTIFICATE + "holds no certificate in PEM"),
        (certificate_as_key, KEY + "holds no private key in PEM"),
        (another_key, KEY + "is not the key of the certificate"),
        (empty, CERTIFICATE + "holds no certificate in PEM"),
        (der, KEY + "holds no private key in PEM"),
        (large, CERTIFICATE + "is larger than 1024 KiB"),
        (locked, KEY + "is encrypted, and there is nobody to ask for its password"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_with_the_files_is_told_where_they_are_named(tmp_path: Path, spoil, said: str) -> None:
    pair(tmp_path)
    spoil(tmp_path)

    assert findings(tmp_path, LISTEN) == [said]


@pytest.mark.parametrize(("spoil", "place"), [(damaged_certificate, CERTIFICATE), (damaged_key, KEY)])
def test_damage_is_told_of_the_file_that_has_it(tmp_path: Path, spoil, place: str) -> None:
    pair(tmp_path)
    spoil(tmp_path)

    (said,) = findings(tmp_path, LISTEN)

    assert said.startswith(place + "cannot be used: ")
    assert said.isprintable() and len(said) < 200


def test_a_key_that_is_not_named_is_missed_in_the_file_of_the_certificate(tmp_path: Path) -> None:
    pair(tmp_path)

    assert findings(tmp_path, ALONE) == [CERTIFICATE + "holds no private key in PEM"]


def test_a_weak_key_is_told_of_its_certificate(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 1024)  # what TLS has refused for years
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    signed = made.sign(key, hashes.SHA256())
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "tls.crt").write_bytes(signed.public_bytes(pem))
    (tmp_path / "tls.key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))

    assert findings(tmp_path, LISTEN) == [CERTIFICATE + "cannot be used: ee key too small"]


def test_a_key_that_everybody_can_read_is_warned_of(tmp_path: Path) -> None:
    _, key = pair(tmp_path)
    key.chmod(0o644)

    (warning,) = load(tmp_path, LISTEN).warnings

    assert str(warning) == (
        "gateway.yaml:6:38: warning: listen.tls.key: the file 'tls.key' can be read by everybody on this machine; "
        "chmod 600 it, or 640 for the gateway's group"
    )
    key.chmod(0o640)
    assert load(tmp_path, LISTEN).warnings == ()


def test_authorities_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    place = "gateway.yaml:3:75: backends.replay.tls.ca: the file 'ca.pem' "
    assert findings(tmp_path, backend("ca: ca.pem")) == [place + "cannot be read: there is no such file"]
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (said,) = findings(tmp_path, backend("ca: ca.pem"))
    assert said.startswith(place + "cannot be used: ")


def test_a_client_certificate_needs_its_own_key_and_a_key_its_certificate(tmp_path: Path) -> None:
    pair(tmp_path, "client")
    pair(tmp_path, "other", signer=trustme.CA())

    assert findings(tmp_path, backend("certificate: client.crt, key: other.key")) == [
        "gateway.yaml:3:100: backends.replay.tls.key: the file 'other.key' is not the key of the certificate"
    ]
    assert findings(tmp_path, backend("key: client.key")) == [
        "gateway.yaml:3:75: backends.replay.tls.key: a key without a `certificate`"
    ]


@pytest.mark.parametrize(
    ("url", "noun"), [("http://127.0.0.1", "http:// backends are"), ("demo://", "the embedded store is")]
)
def test_what_is_asked_without_tls_takes_no_files_for_it(tmp_path: Path, url: str, noun: str) -> None:
    ca_file(tmp_path)

    (said,) = findings(tmp_path, backend("ca: ca.pem").replace("https://replay.example.com", url))

    assert said.endswith(f": backends.replay.tls: {noun} asked without TLS")


def test_what_a_reference_brings_is_not_repeated_even_if_it_is_the_key_itself(tmp_path: Path) -> None:
    pair(tmp_path)

    said = findings(tmp_path, LISTEN.replace("key: tls.key", 'key: "${file:tls.key}"'))

    assert said == [KEY.replace("'tls.key'", "${file:tls.key}") + "cannot be read: there is no such file"]
