"""Durations, sizes, addresses and names: what is read, and that it can be written back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobgateway.config.addresses import is_loopback, read_bind, read_host, read_prefix, read_url, write_prefix
from jobgateway.config.unfit import UnfitError
from jobgateway.config.units import read_duration, read_size, write_duration, write_size
from jobgateway.config.words import read_digest, read_name, read_scope, read_scope_or_all

READERS = [read_duration, read_size, read_url, read_host, read_prefix, read_bind, read_name, read_scope, read_digest]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("1.5s", 1.5),
        ("0.001s", 0.001),
        ("0s", 0.0),
        ("0.5m", 30.0),
    ],
)
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "10",
        "s",
        "",
        " 10s",
        "10s\n",
        "1.5ms",
        "+1s",
        "-1s",
        "1e3s",
        "\u0661s",
        "1_0s",
        "01s",
        "1.s",
        ".5s",
        "10sec",
        "1m30s",
        "9999999999s",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UnfitError):
        read_duration(text)


@given(st.integers(0, 10**12))
def test_a_duration_that_is_written_reads_as_the_same(millis: int) -> None:
    text = write_duration(millis / 1000)
    if len(text) < 10:
        assert read_duration(text) == millis / 1000


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512B", 512),
        ("64KB", 64_000),
        ("16KiB", 16_384),
        ("8MiB", 8 * 1024**2),
        ("1MB", 10**6),
        ("2GB", 2 * 10**9),
        ("1GiB", 1024**3),
        ("0B", 0),
    ],
)
def test_a_size_is_a_number_with_its_unit(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("16", None),
        ("16kib", "16KiB"),
        ("8 MiB", "8MiB"),
        ("1k", None),
        ("1.5MiB", None),
        ("-1B", None),
        ("1tb", None),
        ("64b", "64B"),
    ],
)
def test_what_is_no_size_is_refused_with_what_was_perhaps_meant(text: str, near: str | None) -> None:
    with pytest.raises(UnfitError) as caught:
        read_size(text)

    assert caught.value.near == near


@given(st.integers(0, 10**9))
def test_a_size_that_is_written_reads_as_the_same(size: int) -> None:
    text = write_size(size)
    if len(text) < 10:
        assert read_size(text) == size


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://replay.example.com/v2/api", "https://replay.example.com/v2/api"),
        ("HTTPS://Replay.Example.COM/V2/", "https://replay.example.com/V2"),
        ("http://127.0.0.1:7002", "http://127.0.0.1:7002"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("http://replay_api:8080/~a.b-c_d", "http://replay_api:8080/~a.b-c_d"),
        ("http://localhost", "http://localhost"),
        ("demo://", "demo://"),
        ("DEMO://", "demo://"),
    ],
)
def test_a_url_is_read_in_one_form(text: str, url: str) -> None:
    assert read_url(text) == url
    assert read_url(url) == url


@given(st.text(alphabet="htps:/@?#[]%.~ ab1-_\\\n\u00e9", max_size=25).map(lambda text: f"https://{text}"))
def test_a_url_that_is_accepted_has_only_what_a_transport_takes(text: str) -> None:
    try:
        url = read_url(text)
    except UnfitError:
        return
    assert not set(url.removeprefix("https://")) & set("@?#% \\\n\u00e9")
    assert "//" not in url.removeprefix("https://") and not url.endswith("/")
    assert "/../" not in f"{url}/" and "/./" not in f"{url}/"
    assert read_url(url) == url


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1", "http://127.9.9.9:80/x", "http://[::1]:80/x", "http://localhost:1", "http://a.localhost"],
)
def test_these_stay_on_this_machine(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://[2001:db8::1]",
        "http://replay",
        "http://127.0.0.1.example.com",
    ],
)
def test_these_go_to_the_network(url: str) -> None:
    assert not is_loopback(url)


@given(st.lists(st.from_regex(r"[A-Za-z0-9._~-]{1,10}", fullmatch=True).filter(lambda text: text not in {".", ".."})))
def test_a_prefix_that_is_written_reads_as_the_same(segments: list[str]) -> None:
    assert read_prefix(write_prefix(tuple(segments))) == tuple(segments)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Old.Example.com", "old.example.com"),
        ("x:8080", "x:8080"),
        ("[::1]:80", "[::1]:80"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_host_is_a_name_perhaps_with_a_port(text: str, host: str) -> None:
    assert read_host(text) == host


@pytest.mark.parametrize(
    ("text", "bind"), [("127.0.0.1", "127.0.0.1"), ("::", "::"), ("[::1]", "::1"), ("LocalHost", "localhost")]
)
def test_an_address_to_listen_on_has_no_port(text: str, bind: str) -> None:
    assert read_bind(text) == bind


def test_only_a_target_may_be_not_confined() -> None:
    assert read_scope_or_all("*") == "*"
    with pytest.raises(UnfitError):
        read_scope("*")


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@given(text=st.text(max_size=80) | st.text(alphabet="0123456789abcdef.:/[]smKiB%*-", max_size=70))
def test_any_text_is_read_or_does_not_fit(read: object, text: str) -> None:
    try:
        value = read(text)  # type: ignore[operator]
    except UnfitError as error:
        value = error.problem

    assert value or text in {"", "0B", "0s"}
