"""Group B: credentials. Each secret is a canary, looked for in every byte that anybody got, in all encodings.

The tests' names begin with the promises' ids.
"""

from __future__ import annotations

import asyncio
import collections
import hashlib
import json
import re

import pytest

from support.canaries import Watch, canary, encodings
from support.crowd import BACKENDS, NAMES, WHO, Evidence, allowed_at, logged, mixed
from support.edges import V2_LIST
from support.parties import FAILURES
from support.running import DEMO, Process, raw

REQUESTS = 800


@pytest.fixture(scope="module", params=[1, 2], ids=["one process", "two workers"])
def evidence(request, tmp_path_factory) -> Evidence:
    """A crowd before a gateway that fails now and then, with everything turned up, and reloaded meanwhile."""
    return asyncio.run(mixed(tmp_path_factory.mktemp("crowd"), REQUESTS, workers=request.param))


def test_b0_the_watch_finds_each_encoding_of_each_secret_and_nothing_else():
    secrets = {name: canary(name) for name in NAMES}
    watch = Watch(secrets)
    for name, secret in secrets.items():
        for form, text in encodings(secret).items():
            found = watch.found(b"something " + text.encode() + b" else")
            assert found and {each.partition(" (")[0] for each in found} == {name}, form
    assert watch.found(b"".join(encodings(canary("elsewhere"))["hex"].encode() for _ in range(50))) == []


def test_b0_the_crowd_met_everything_that_it_was_to_meet(evidence):
    assert evidence.requests >= REQUESTS // 8 * 8
    assert evidence.failures == set(FAILURES)
    assert {200, 400, 401, 404, 502, 503} <= set(evidence.statuses)
    assert evidence.statuses[200] > REQUESTS // 20
    assert evidence.told.count('"internal_error"') > REQUESTS // 100
    assert '"type":"ForcedError"' in evidence.told and '"type":"ValueError"' in evidence.told
    assert evidence.told.count('"outcome":"done"') == 3
    watch = Watch(evidence.secrets)
    for name, heard in evidence.heard.items():
        found = {each.partition(" (")[0] for each in watch.found(heard)}
        assert found == allowed_at(name)  # so the canaries were there to be found


def test_b1_a_backend_hears_no_secret_but_those_that_are_for_it(evidence):
    watch = Watch(evidence.secrets)

    assert {name: watch.found(heard, allowed_at(name)) for name, heard in evidence.heard.items()} == {
        name: [] for name in BACKENDS
    }


@pytest.mark.parametrize("place", ["answers", "log", "told", "exposed"])
def test_b2_no_secret_is_in_an_answer_a_log_an_event_or_a_metric(evidence, place):
    said = getattr(evidence, place)

    assert Watch(evidence.secrets).found(said if isinstance(said, bytearray) else said.encode()) == []
    assert len(said) > 500


def test_b2_no_traceback_is_printed(evidence):
    assert "Traceback" not in evidence.told
    assert "Traceback" not in evidence.answers.decode("latin-1")


def test_b4_no_cookie_of_a_backends_comes_back_or_goes_on(evidence):
    assert b"set-cookie" not in evidence.answers.lower()
    for name, heard in evidence.heard.items():
        cookies = re.findall(rb"(?im)^cookie: ([^\r]*)", heard)
        assert {cookie.partition(b"=")[0] for cookie in cookies} <= {b"explorer_token"}
        assert all(b";" not in cookie for cookie in cookies)
        assert bool(cookies) == (BACKENDS[name] == "explorer")


def test_b5_no_redirect_is_followed_or_passed_on(evidence):
    assert "redirect" in evidence.failures
    assert b"\r\nlocation:" not in evidence.answers.lower()
    assert not {status for status in evidence.statuses if 300 <= status < 400}


def test_b6_no_proxy_of_the_environments_is_used(evidence):
    assert evidence.visitors == 0


def test_b10_no_request_is_taken_for_anothers(evidence):
    assert [pair for pair in evidence.ids if pair[0] != pair[1]] == []
    for line in logged(evidence):
        assert line["caller"] in (None, WHO.get(line["request_id"].partition(".")[0]))
    callers = collections.Counter(line["caller"] for line in logged(evidence))
    assert min(callers["alice"], callers["bob"], callers[None]) > REQUESTS // 20
    secrets = {secret: name for name, secret in evidence.secrets.items() if name in WHO}
    heads = [head for name in ("pass-two", "pass-flow") for head in evidence.heard[name].split(b"\r\n\r\n")[:-1]]
    for head in heads:
        (presented,) = re.findall(rb"(?i)(?:bearer |explorer_token=)(\S+)", head)
        (request_id,) = re.findall(rb"(?i)x-request-id: (\S+)", head)
        assert request_id.decode().partition(".")[0] == secrets[presented.decode()]
    assert len(heads) > REQUESTS // 20


def test_b10_nor_in_a_pipeline_with_large_bodies(tmp_path):
    keys = {name: canary(name) for name in ("alice", "bob")}
    digests = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in keys.items()}
    callers = "".join(f"  {name}: {{key_sha256: {digest}}}\n" for name, digest in digests.items())
    requests = [
        (f"{name}.{number}", f"Authorization: Bearer {keys[name]}", size)
        for number, (name, size) in enumerate([("alice", 0), ("bob", 65_000), ("bob", 0), ("alice", 70_000)] * 8)
    ]
    sent = "".join(
        f"GET {V2_LIST} HTTP/1.1\r\nHost: a\r\nX-Request-Id: {request_id}\r\n{credential}\r\n"
        f"Content-Length: {size}\r\n\r\n{'x' * size}"
        for request_id, credential, size in requests
    )
    last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: last\r\n\r\n"

    async def scenario():
        async with Process(tmp_path, f"{DEMO}callers:\n{callers}") as process:
            await process.ready()
            answered = await raw(process.port, (sent + last).encode())
            assert await process.stop() == 0
        return answered, [json.loads(line) for line in process.stdout.splitlines()]

    answered, lines = asyncio.run(scenario())

    ids = re.findall(rb"(?im)^x-request-id: ([^\r]*)", answered)
    assert [each.decode() for each in ids] == [*(request_id for request_id, _, _ in requests), "last"]
    large = {request_id for request_id, _, size in requests if size > 65_536}
    told = [(line["request_id"], line["caller"]) for line in lines if line["request_id"] not in large | {"last"}]
    assert told == [(each, each.partition(".")[0]) for each, _, _ in requests if each not in large]
    assert len(told) == 24


@pytest.mark.slow
def test_b1_b2_a_hundred_thousand_requests_leak_nothing(tmp_path):
    evidence = asyncio.run(mixed(tmp_path, 100_000, workers=2, reloads=100))

    watch = Watch(evidence.secrets)
    found = {name: watch.found(heard, allowed_at(name)) for name, heard in evidence.heard.items()}
    found |= {"answers": watch.found(evidence.answers), "log": watch.found(evidence.log.encode())}
    found |= {"told": watch.found(evidence.told.encode()), "exposed": watch.found(evidence.exposed.encode())}
    assert {place: leaks for place, leaks in found.items() if leaks} == {}
    assert evidence.visitors == 0
    assert evidence.requests >= 100_000
