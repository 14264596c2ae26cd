"""Where a request carries its secret: read strictly, written only where it fits."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobgateway.translation.credentials import LONGEST_SECRET, Credentials, compile_credentials
from jobgateway.translation.hub import Reason, Refusal
from jobgateway.translation.spec import Carrier, Credential
from jobgateway.translation.wire import Request
from support.corpora import naughty_strings
from support.specs import all_specs

BEARER, RAW, COOKIE = (
    compile_credentials(all_specs()[name].credential) for name in ("openreplay-v2", "openreplay-v1", "explorer")
)
COOKIES = b"!#$%&'()*+-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"
VISIBLE = bytes(range(0x21, 0x7F))
TOKENS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"


def sent(*headers: tuple[str, str | bytes]) -> Request:
    pairs = ((name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers)
    return Request("GET", "/", headers=((b"host", b"h"), *pairs, (b"accept", b"*/*")))


def outcome(credentials: Credentials, *headers: tuple[str, str | bytes]) -> str | Reason:
    """The secret, or the reason of the refusal, which holds no more than our own words."""
    read = credentials.read_secret(sent(*headers))
    if isinstance(read, str):
        return read
    assert read.value is None
    assert read.detail in ("", "the request carries two credentials that differ") or read.detail in {
        f"the request has more than one {name} header" for name, _ in headers
    }
    return read.reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER abc", "abc"),
        ("Bearer   abc", "abc"),
        (" \tBearer abc\t ", "abc"),
        ("Bearer a-._~+/B9==", "a-._~+/B9=="),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "eyJhbGciOiJIUzI1NiJ9.e30.abc"),
        ("", Reason.BAD_CREDENTIAL),
        ("Bearer", Reason.BAD_CREDENTIAL),
        ("Bearer ", Reason.BAD_CREDENTIAL),
        ("Bearer =", Reason.BAD_CREDENTIAL),
        ("Bearer a=b", Reason.BAD_CREDENTIAL),
        ("Bearer\tabc", Reason.BAD_CREDENTIAL),
        ("Bearerabc", Reason.BAD_CREDENTIAL),
        ("xBearer abc", Reason.BAD_CREDENTIAL),
        ("abc", Reason.BAD_CREDENTIAL),
        ("Basic YTpi", Reason.BAD_CREDENTIAL),
        ("Bearer a b", Reason.BAD_CREDENTIAL),
        ("Bearer a, Bearer b", Reason.BAD_CREDENTIAL),
        ("Bearer a; admin=1", Reason.BAD_CREDENTIAL),
        ('Bearer "abc"', Reason.BAD_CREDENTIAL),
        ("Bearer a\r\nX-Injected: 1", Reason.BAD_CREDENTIAL),
        ("Bearer a\n", Reason.BAD_CREDENTIAL),
        ("Bearer é", Reason.BAD_CREDENTIAL),
        (b"Bearer \xe9", Reason.BAD_CREDENTIAL),
        (b"Bearer a\x00", Reason.BAD_CREDENTIAL),
        ("Bearer " + "a" * LONGEST_SECRET, "a" * LONGEST_SECRET),
        ("Bearer " + "a" * (LONGEST_SECRET + 1), Reason.BAD_CREDENTIAL),
    ],
)
def test_a_bearer_token_follows_rfc_6750(value: str | bytes, expected: str | Reason) -> None:
    assert outcome(BEARER, ("authorization", value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("abc", "abc"),
        (VISIBLE, VISIBLE.decode()),
        ("  abc ", "abc"),
        ("Bearer abc", Reason.BAD_CREDENTIAL),
        ("a b", Reason.BAD_CREDENTIAL),
        ("a\tb", Reason.BAD_CREDENTIAL),
        ("", Reason.BAD_CREDENTIAL),
        ("   ", Reason.BAD_CREDENTIAL),
        (b"\xe9", Reason.BAD_CREDENTIAL),
        (b"a\x7f", Reason.BAD_CREDENTIAL),
        ("a\n", Reason.BAD_CREDENTIAL),
        ("a" * (LONGEST_SECRET + 1), Reason.BAD_CREDENTIAL),
    ],
)
def test_a_header_without_a_scheme_is_visible_ascii(value: str | bytes, expected: str | Reason) -> None:
    assert outcome(RAW, ("authorization", value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("explorer_token=abc", "abc"),
        ("a=b; explorer_token=abc; c=d", "abc"),
        ("a=b;explorer_token=abc;c=d", "abc"),
        (" \t explorer_token=abc \t ;", "abc"),
        ("explorer_token=a=b==", "a=b=="),
        ("explorer_token=%41%2F+", "%41%2F+"),
        (b"explorer_token=" + COOKIES, COOKIES.decode()),
        ("explorer_token=abc; explorer_token=abc", "abc"),
        ("", Reason.NO_CREDENTIAL),
        (";;; ;", Reason.NO_CREDENTIAL),
        ("a=b", Reason.NO_CREDENTIAL),
        ("Explorer_token=abc", Reason.NO_CREDENTIAL),
        ("xexplorer_token=abc", Reason.NO_CREDENTIAL),
        ("explorer_token", Reason.NO_CREDENTIAL),
        ("explorer_token =abc", Reason.NO_CREDENTIAL),
        ("a=explorer_token=abc", Reason.NO_CREDENTIAL),
        ("explorer_token=", Reason.BAD_CREDENTIAL),
        ('explorer_token="abc"', Reason.BAD_CREDENTIAL),
        ('explorer_token="abc\\015\\012X-Injected: 1"', Reason.BAD_CREDENTIAL),
        ('explorer_token="a\\073 admin=1"', Reason.BAD_CREDENTIAL),
        ("explorer_token=a\\073", Reason.BAD_CREDENTIAL),
        ("explorer_token=a,b", Reason.BAD_CREDENTIAL),
        ("explorer_token=a b", Reason.BAD_CREDENTIAL),
        ("explorer_token= abc", Reason.BAD_CREDENTIAL),
        (b"explorer_token=\xe9", Reason.BAD_CREDENTIAL),
        (b"explorer_token=a\x00b", Reason.BAD_CREDENTIAL),
        (b"explorer_token=a\nb", Reason.BAD_CREDENTIAL),
        ("explorer_token=abc; explorer_token=abd", Reason.BAD_REQUEST),
        ("explorer_token=; explorer_token=abd", Reason.BAD_REQUEST),
        ("explorer_token=abc; a=b; explorer_token=", Reason.BAD_REQUEST),
        ("explorer_token=" + "a" * LONGEST_SECRET, "a" * LONGEST_SECRET),
        ("explorer_token=" + "a" * (LONGEST_SECRET + 1), Reason.BAD_CREDENTIAL),
    ],
)
def test_a_cookie_is_read_verbatim(value: str | bytes, expected: str | Reason) -> None:
    assert outcome(COOKIE, ("cookie", value)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("explorer_token", "abc")], "abc"),
        ([("cookie", "explorer_token=abc"), ("explorer_token", "abc")], "abc"),
        ([("explorer_token", "abc"), ("cookie", "a=b")], "abc"),
        ([("cookie", "explorer_token=abc"), ("explorer_token", "abd")], Reason.BAD_REQUEST),
        ([("explorer_token", "abd"), ("cookie", "explorer_token=abc")], Reason.BAD_REQUEST),
        ([("cookie", 'explorer_token="abc"'), ("explorer_token", "abc")], Reason.BAD_CREDENTIAL),
        ([("cookie", "explorer_token=abc"), ("explorer_token", "")], Reason.BAD_CREDENTIAL),
        ([("cookie", "explorer_token=abc"), ("cookie", "explorer_token=abc")], Reason.BAD_REQUEST),
        ([("cookie", "a=b"), ("cookie", "explorer_token=abc")], Reason.BAD_REQUEST),
        ([("explorer_token", "abc"), ("explorer_token", "abc")], Reason.BAD_REQUEST),
        ([("authorization", "Bearer abc")], Reason.NO_CREDENTIAL),
    ],
)
def test_several_carriers_must_say_the_same_and_each_only_once(headers, expected: str | Reason) -> None:
    assert outcome(COOKIE, *headers) == expected


@pytest.mark.parametrize("credentials", [BEARER, RAW])
@pytest.mark.parametrize("values", [("Bearer abc", "Bearer abd"), ("abd", "abc"), ("abc", "abc"), ("", "abc")])
def test_two_authorization_headers_are_refused(credentials: Credentials, values: tuple[str, str]) -> None:
    assert outcome(credentials, *(("authorization", value) for value in values)) is Reason.BAD_REQUEST


@pytest.mark.parametrize("credentials", [BEARER, RAW, COOKIE])
def test_a_request_without_the_carrier_carries_no_credential(credentials: Credentials) -> None:
    assert credentials.read_secret(Request("GET", "/")) == Refusal(Reason.NO_CREDENTIAL)
    assert outcome(credentials, ("x-authorization", "abc")) is Reason.NO_CREDENTIAL


def test_two_forms_of_one_header_are_tried_in_turn() -> None:
    also_read = (Carrier(header="authorization", scheme="Token"), Carrier(header="authorization"))
    credentials = compile_credentials(Credential(Carrier(header="authorization", scheme="Bearer"), also_read))

    assert outcome(credentials, ("authorization", "token abc")) == "abc"
    assert outcome(credentials, ("authorization", "Bearer abc")) == "abc"
    assert outcome(credentials, ("authorization", "abc")) == "abc"
    assert outcome(credentials, ("authorization", "Basic abc")) is Reason.BAD_CREDENTIAL


def test_the_characters_of_a_scheme_are_no_pattern() -> None:
    credentials = compile_credentials(Credential(Carrier(header="x-key", scheme="A.B+")))

    assert outcome(credentials, ("x-key", "a.b+ abc")) == "abc"
    assert outcome(credentials, ("x-key", "axbb abc")) is Reason.BAD_CREDENTIAL
    assert credentials.write_secret("abc") == (b"x-key", b"A.B+ abc")


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        (BEARER, (b"authorization", b"Bearer abc=")),
        (RAW, (b"authorization", b"abc=")),
        (COOKIE, (b"cookie", b"explorer_token=abc=")),
    ],
)
def test_a_secret_is_written_into_the_first_carrier(credentials: Credentials, header: tuple[bytes, bytes]) -> None:
    assert credentials.write_secret("abc=") == header


@pytest.mark.parametrize(
    "secret", ["", "a b", "a\r\nb", "a\n", "a\0", "é", "\ud800", "\uff11", "a" * (LONGEST_SECRET + 1)]
)
@pytest.mark.parametrize("credentials", [BEARER, RAW, COOKIE])
def test_a_secret_that_no_header_can_say_is_never_written(credentials: Credentials, secret: str) -> None:
    assert credentials.write_secret(secret) is None


@pytest.mark.parametrize(
    ("credentials", "allowed"),
    [(BEARER, TOKENS + b"="), (RAW, VISIBLE), (COOKIE, COOKIES)],
    ids=["token", "raw", "cookie"],
)
def test_each_byte_at_each_place_is_carried_as_it_is_or_refused(credentials: Credentials, allowed: bytes) -> None:
    name, lead = credentials.write_secret("K") or (b"", b"")
    for byte in range(256):
        for raw in (bytes([byte]) + b"ab", b"a" + bytes([byte]) + b"b", b"ab" + bytes([byte])):
            text = raw.decode("latin-1")
            read = credentials.read_secret(Request("GET", "/", headers=((name, lead[:-1] + raw),)))
            written = credentials.write_secret(text)
            if byte in allowed and not (credentials is BEARER and byte == ord("=") and not raw.endswith(b"=")):
                assert read == text
                assert written == (name, lead[:-1] + raw)
            else:
                assert written is None, raw
                # Blanks at the ends are not part of a header's value; a cookie ends at its semicolon.
                assert isinstance(read, Refusal) or (read in ("ab", "a") and byte in b" \t;"), raw


def check_written(credentials: Credentials, secret: str) -> None:
    """What is written is read again, byte for byte, by the same dialect."""
    header = credentials.write_secret(secret)
    if header is not None:
        assert credentials.read_secret(Request("GET", "/", headers=(header,))) == secret
        assert header[1].endswith(secret.encode("ascii"))
        assert credentials.secret_in(header[1]) == secret


@given(st.text(max_size=30) | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30))
@example("a=")
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_again(secret: str) -> None:
    for credentials in (BEARER, RAW, COOKIE):
        check_written(credentials, secret)


@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"authorization", b"cookie", b"explorer_token"]),
            st.tuples(
                st.sampled_from([b"", b"Bearer ", b"explorer_token=", b"a=b; explorer_token="]),
                st.binary(max_size=12) | st.text('ab=;, \t"\\', max_size=8).map(str.encode),
            ).map(b"".join),
        ),
        max_size=3,
    )
)
@settings(max_examples=300, deadline=None)
def test_no_header_raises_and_a_secret_that_comes_through_is_what_was_sent(headers) -> None:
    request = Request("GET", "/", headers=tuple(headers))
    for credentials, allowed in ((BEARER, TOKENS + b"="), (RAW, VISIBLE), (COOKIE, VISIBLE)):
        read = credentials.read_secret(request)
        if isinstance(read, str):
            secret = read.encode("ascii")
            assert secret
            assert set(secret) <= set(allowed)
            assert any(secret in value for _, value in headers)
            check_written(credentials, read)
        else:
            assert read.value is None


def test_naughty_strings_are_carried_as_they_are_or_not_at_all() -> None:
    for text in naughty_strings():
        for credentials, lead in ((BEARER, "Bearer "), (RAW, ""), (COOKIE, "explorer_token=")):
            check_written(credentials, text)
            name = "cookie" if credentials is COOKIE else "authorization"
            read = credentials.read_secret(sent((name, (lead + text).encode("utf-8", "surrogatepass"))))
            assert isinstance(read, Refusal) or read == text.strip(" \t") or (credentials is COOKIE and ";" in text), (
                text
            )
