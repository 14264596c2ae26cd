"""What is known of a head from one request of a connection to the next is never more than its headers say."""

from __future__ import annotations

import hashlib
import json

import pytest

from jobgateway.config.model import Caller
from support.edges import ASKED, V2_LIST, gateway_over
from support.served import Served

pytestmark = pytest.mark.anyio

KEYS = {"ann": "key-of-ann-0123456789", "bob": "key-of-bob-0123456789"}
CALLERS = {name: Caller(name, (hashlib.sha256(key.encode()).digest(),)) for name, key in KEYS.items()}


def request(key: str, *lines: str, target: str = V2_LIST, host: str = "a") -> bytes:
    head = [f"GET {target} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {key}", *lines]
    return "\r\n".join([*head, "", ""]).encode()


def last(key: str) -> bytes:
    return request(key, "Connection: close")


def statuses(said: bytes) -> list[int]:
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


async def test_the_same_headers_again_are_another_request_with_an_id_of_its_own():
    async with Served(config={"callers": CALLERS}) as served:
        said = await served.talk(request(KEYS["ann"]) * 3, last(KEYS["ann"]))

    assert statuses(said) == [200] * 4
    assert len({line for line in said.split(b"\r\n") if line.startswith(b"x-request-id: ")}) == 4
    assert [each.caller for each in served.edge.kept.requests] == ["ann"] * 4
    assert len({each.request_id for each in served.edge.kept.requests}) == 4


async def test_whoever_presents_another_key_on_the_same_connection_is_somebody_else():
    ann, bob, nobody = request(KEYS["ann"]), request(KEYS["bob"]), request("key-of-nobody-0123456")
    async with Served(config={"callers": CALLERS}) as served:
        said = await served.talk(ann + bob + nobody + ann + nobody + bob + last(KEYS["bob"]))

    assert statuses(said) == [200, 200, 401, 200, 401, 200, 200]
    assert [each.caller for each in served.edge.kept.requests] == ["ann", "bob", None, "ann", None, "bob", "bob"]


async def test_who_is_known_in_one_dialect_is_not_in_another_without_its_credential():
    explorer_list, _ = ASKED["explorer"]
    known, other = request(KEYS["ann"]), request(KEYS["ann"], target=explorer_list)
    async with Served(config={"callers": CALLERS}) as served:
        said = await served.talk(known + other + known + other + last(KEYS["ann"]))

    assert statuses(said) == [200, 401, 200, 401, 200]


async def test_headers_that_are_refused_are_refused_again_and_others_are_not():
    bad = request(KEYS["ann"], host="a/b")
    async with Served(config={"callers": CALLERS}) as served:
        for _ in range(2):
            assert statuses(await served.talk(request(KEYS["ann"]) * 2 + bad)) == [200, 200, 400]


async def test_a_caller_that_is_taken_out_is_turned_away_on_a_connection_that_it_has():
    async with Served(config={"callers": CALLERS}) as served:
        current = served.edge.app._current
        config = current.snapshot.config
        reader, writer = await served.connect()

        async def ask() -> int:
            writer.write(request(KEYS["ann"]))
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.split("\r\n") if line.startswith("content-length: "))
            json.loads(await reader.readexactly(int(length.partition(": ")[2])))
            return int(head[9:12])

        assert await ask() == 200
        without = type(config)(
            **{name: getattr(config, name) for name in config.__struct_fields__} | {"callers": {"bob": CALLERS["bob"]}}
        )
        current.swap(without, gateway_over(without))
        assert await ask() == 401
        writer.close()
