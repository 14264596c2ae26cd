"""What ASGI events become as wire values, and back."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobgateway.asgi import read_body, request_of, send_response
from jobgateway.translation.wire import Request, Response


def http(**changes):
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"x=%31&x=2",
        "headers": [(b"host", b"h"), (b"cookie", b"a=1"), (b"cookie", b"b=2")],
    }
    return scope | changes


class Wire:
    """A server's two ends: events that were prepared, and events that were sent."""

    def __init__(self, *events):
        self.events = list(events)
        self.sent = []

    async def receive(self):
        return self.events.pop(0)

    async def send(self, event):
        self.sent.append(event)


def part(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def body_of(headers, *events, largest=10):
    wire = Wire(*events)
    return asyncio.run(read_body(http(headers=headers), wire.receive, largest)), len(wire.events)


def sent(response, extra=()):
    wire = Wire()
    asyncio.run(send_response(wire.send, response, extra))
    start, end = wire.sent
    return start, end["body"]


def test_a_request_keeps_its_target_and_repeated_headers_as_they_came():
    assert request_of(http(), b"{}") == Request(
        "GET", "/a%20b", "x=%31&x=2", ((b"host", b"h"), (b"cookie", b"a=1"), (b"cookie", b"b=2")), b"{}"
    )


def test_a_server_that_gives_no_raw_path_has_its_path_quoted_again():
    scope = http(path="/é/50%")
    del scope["raw_path"]
    assert request_of(scope, b"").path == "/%C3%A9/50%25"


@given(st.binary(max_size=20))
def test_any_bytes_of_a_target_become_ascii_that_stands_for_the_same_bytes(raw):
    request = request_of(http(raw_path=b"/" + raw, query_string=raw), b"")
    escaped = b"".join(b"%%%02X" % octet if octet > 0x7F else bytes([octet]) for octet in raw)
    assert (request.path, request.query) == ("/" + escaped.decode("ascii"), escaped.decode("ascii"))


def test_a_body_is_received_only_where_the_head_announces_one():
    assert body_of([(b"host", b"h")], part(b"never asked for")) == (b"", 1)


@pytest.mark.parametrize("announced", [(b"content-length", b"10"), (b"transfer-encoding", b"chunked")])
def test_a_body_of_the_largest_size_is_read_whole_in_any_number_of_parts(announced):
    assert body_of([announced], part(b"12345", more=True), part(b"", more=True), part(b"67890")) == (b"1234567890", 0)


@pytest.mark.parametrize("length", [b"11", b"9" * 5000, b"-1", b"ten", b""])
def test_a_length_that_is_too_large_or_no_number_is_refused_unread(length):
    assert body_of([(b"content-length", length)], part(b"1")) == (None, 1)


def test_a_body_that_grows_too_large_as_it_comes_is_left_unread_from_there():
    parts = [part(b"123456", more=True), part(b"78901", more=True), part(b"rest")]
    assert body_of([(b"transfer-encoding", b"chunked")], *parts) == (None, 1)


def test_a_caller_that_goes_away_in_the_middle_has_sent_no_body():
    with pytest.raises(ConnectionResetError):
        body_of([(b"content-length", b"4")], part(b"12", more=True), {"type": "http.disconnect"})


def test_an_answer_is_sent_with_its_length_its_media_type_and_every_header():
    response = Response(405, b"no", "text/plain", ((b"allow", b"GET"),))
    start, body = sent(response, extra=((b"x-request-id", b"1"),))
    assert (start["status"], body) == (405, b"no")
    assert sorted(start["headers"]) == [
        (b"allow", b"GET"),
        (b"content-length", b"2"),
        (b"content-type", b"text/plain"),
        (b"x-request-id", b"1"),
    ]


def test_an_answer_without_media_type_has_no_content_type_but_a_length():
    start, body = sent(Response(401, b"", ""))
    assert (start["headers"], body) == ([(b"content-length", b"0")], b"")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_forbids_content_is_sent_with_neither_content_nor_length(status):
    start, body = sent(Response(status, b"stray", headers=((b"etag", b'"1"'),)))
    assert (start["status"], start["headers"], body) == (status, [(b"etag", b'"1"')], b"")
