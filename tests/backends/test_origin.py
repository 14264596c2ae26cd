"""A backend's URL fixes its origin and prefix, or is refused."""

from __future__ import annotations

import pytest

from jobgateway.backends.origin import Origin, origin_of


@pytest.mark.parametrize(
    ("url", "origin", "authority"),
    [
        ("http://a.example", Origin("http", "a.example", 80), "a.example"),
        ("HTTPS://A.example/", Origin("https", "A.example", 443), "A.example"),
        ("https://a.example:443/v2/api", Origin("https", "a.example", 443, b"/v2/api"), "a.example"),
        ("https://a.example:80/v2/api//", Origin("https", "a.example", 80, b"/v2/api"), "a.example:80"),
        ("http://127.0.0.1:7002/a/../%2F;b", Origin("http", "127.0.0.1", 7002, b"/a/../%2F;b"), "127.0.0.1:7002"),
        ("http://[::1]:8080", Origin("http", "::1", 8080), "[::1]:8080"),
        ("http://[0:0::1]", Origin("http", "::1", 80), "[::1]"),
        ("http://my_backend.svc.", Origin("http", "my_backend.svc.", 80), "my_backend.svc."),
    ],
)
def test_a_url_says_where_the_backend_is(url: str, origin: Origin, authority: str):
    assert origin_of(url) == origin
    assert origin.authority == authority
    assert origin.url == f"{origin.scheme}://{authority}/"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://:80",
        "http://me:s3cret@a.example",
        "http://s3cret@a.example",
        "http://a.example?s3cret",
        "http://a.example/x?s3cret",
        "http://a.example/x#s3cret",
        "http://a.example#s3cret",
        "http://a.example\\s3cret",
        "http://a.example:0",
        "http://a.example:65536",
        "http://a.example:999999",
        "http://a.example:8o",
        "http://a.example:\u0663",
        "http://a..example",
        "http://" + "a" * 64 + ".example",
        "http://b\u00fccher.example",
        "http://a.example/\u00fc",
        "http://a.example/x y",
        "http://a.example/x\n",
        "http://a.example\n",
        " http://a.example",
        "http://[::1",
        "http://[::1]x",
        "http://[1.2.3]",
        "http://[fe80::1%25eth0]",
    ],
)
def test_a_url_that_names_no_backend_is_refused_without_being_repeated(url: str):
    with pytest.raises(ValueError, match="a backend's URL") as caught:
        origin_of(url)
    assert "s3cret" not in str(caught.value)
