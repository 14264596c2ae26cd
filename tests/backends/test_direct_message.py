"""Requests as bytes: nothing that a dialect or a caller says can be read as another part of the request."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobgateway.backends.direct.message import METHODS, Messages
from jobgateway.backends.heads import headers_of, target_of
from jobgateway.backends.origin import origin_of
from jobgateway.backends.transport import Fault, TransportError
from jobgateway.translation.wire import Headers, Request

ORIGIN = origin_of("http://backend.example:8080/prefix")
MESSAGES = Messages(ORIGIN)
VISIBLE = {*range(0x21, 0x7F)}
TCHAR = {*b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}
OBS_TEXT = {*range(0x80, 0x100)}


def is_sent(request: Request) -> bool:
    """Whether it is, and then as exactly one request with the lines that were asked for."""
    try:
        message = MESSAGES.write(request)
    except TransportError as error:
        return error.fault is not Fault.UNSENDABLE
    line, *lines = message.removesuffix(b"\r\n\r\n").split(b"\r\n")
    target = request.path + ("?" + request.query if request.query else "")
    assert line == f"{request.method} /prefix{target} HTTP/1.1".encode()
    assert lines[-len(request.headers) :] == [b"%b: %b" % header for header in request.headers]
    assert len(lines) == 4 + len(request.headers)
    return True


def around(byte: bytes) -> list[bytes]:
    """A text that begins with the byte, one that has it inside, one that ends with it, and the byte alone."""
    return [byte + b"ab", b"a" + byte + b"b", b"ab" + byte, byte]


def codes_sent(requests: dict[int, list[Request]]) -> list[set[int]]:
    """For each of the four places: the codes that can stand there."""
    return [{code for code, four in requests.items() if is_sent(four[place])} for place in range(4)]


def test_of_all_bytes_only_those_of_a_header_value_stand_in_one():
    own = ((b"x-before", b"1"), (b"x-after", b"2"))
    sent = codes_sent(
        {
            code: [Request("GET", "/", "", (own[0], (b"x", value), own[1])) for value in around(bytes([code]))]
            for code in range(256)
        }
    )
    inside = VISIBLE | OBS_TEXT | {0x20, 0x09}
    assert sent == [inside - {0x20, 0x09}, inside, inside - {0x20, 0x09}, inside - {0x20, 0x09}]


def test_of_all_bytes_only_those_of_a_token_stand_in_a_header_name():
    sent = codes_sent(
        {
            code: [Request("GET", "/", "", ((name, b"1"), (b"x-after", b"2"))) for name in around(bytes([code]))]
            for code in range(256)
        }
    )
    assert sent == [TCHAR] * 4


def test_of_all_characters_only_those_of_a_path_stand_in_one():
    codes = [*range(0x180), 0x2028, 0xFF0F, 0xD800, 0x1F600]
    sent = codes_sent(
        {
            code: [Request("GET", "/" + text.replace("?!", chr(code)), "", ((b"x", b"1"),)) for text in PLACES]
            for code in codes
        }
    )
    assert sent == [VISIBLE - {*b"?#"}] * 4


def test_of_all_characters_only_those_of_a_query_stand_in_one():
    codes = [*range(0x180), 0x2028, 0xFF0F, 0xD800, 0x1F600]
    sent = codes_sent(
        {
            code: [Request("GET", "/", text.replace("?!", chr(code)), ((b"x", b"1"),)) for text in PLACES]
            for code in codes
        }
    )
    assert sent == [VISIBLE - {*b"#"}] * 4


PLACES = ["?!ab", "a?!b", "ab?!", "?!"]


@pytest.mark.parametrize(
    "method",
    ["HEAD", "CONNECT", "OPTIONS", "TRACE", "get", "GET ", " GET", "GET\r\n", "G\x00T", "", "GET /x HTTP/1.1\r\n"],
)
def test_only_the_methods_of_dialects_are_sent(method: str):
    assert not is_sent(Request(method, "/", "", ((b"x", b"1"),)))


@pytest.mark.parametrize("method", METHODS)
def test_what_has_a_body_says_its_length(method: str):
    for body in (b"", b"{}", b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"):
        head, _, rest = MESSAGES.write(Request(method, "/", "", (), body)).partition(b"\r\n\r\n")
        lengths = re.findall(rb"\r\nContent-Length: ([0-9]+)", head)
        assert lengths == ([b"%d" % len(body)] if body or method in ("POST", "PUT", "PATCH") else [])
        assert rest == body


OWN_NAMES = [
    b"host",
    b"content-length",
    b"accept",
    b"user-agent",
    b"accept-encoding",
    b"connection",
    b"te",
    b"x",
    b"x-y",
]
NAMES = st.sampled_from(OWN_NAMES) | st.sampled_from(OWN_NAMES).map(bytes.title) | st.binary(max_size=4)
VALUES = st.sampled_from([b"", b"1", b"a b", b"a\t", b"x\r\nHost: y", b"x\r\n\r\n", b"\xe9", b"a: b"]) | st.binary(
    max_size=4
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(tuple)
TEXTS = st.sampled_from(
    ["", "/", "/a", "/a?b", "a=b&c=%0d%0a", "/ HTTP/1.1\r\nHost: y\r\n\r\n", "/a#b", "/a\n"]
) | st.text(max_size=4)


@settings(max_examples=400, deadline=None)
@given(method=st.sampled_from([*METHODS, "G T"]), path=TEXTS, query=TEXTS, headers=HEADERS, body=st.binary(max_size=3))
def test_both_transports_say_the_same(method: str, path: str, query: str, headers: Headers, body: bytes):
    request = Request(method, path, query, headers, body)
    try:
        line = b"%b %b HTTP/1.1" % (method.encode(), target_of(ORIGIN, request))
        lines = [line, *[b"%b: %b" % header for header in headers_of(ORIGIN, request)]]
    except TransportError:
        with pytest.raises(TransportError) as caught:
            MESSAGES.write(request)
        assert caught.value.fault is Fault.UNSENDABLE
    else:
        written, _, rest = MESSAGES.write(request).partition(b"\r\n\r\n")
        length = [each for each in lines if each.startswith(b"Content-Length")]
        assert written.split(b"\r\n") == [each for each in lines if each not in length] + length
        assert rest == body
