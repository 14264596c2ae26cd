"""How inputs are bent."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from fuzz.mutator import Mutator
from fuzz.words import words

WORDS = (b"one", b"\r\n", b"GET ")
BENDING = Mutator(WORDS, lambda data, largest: data[::-1][:largest])
SEEDS = st.integers(0, 2**32)


@given(data=st.binary(max_size=100), other=st.binary(max_size=100), seed=SEEDS, largest=st.integers(1, 80))
def test_the_same_seed_bends_the_same_way_and_never_beyond_the_largest(
    data: bytes, other: bytes, seed: int, largest: int
) -> None:
    bent = BENDING(data, largest, seed)
    crossed = BENDING.cross(data, other, largest, seed)

    assert bent == BENDING(data, largest, seed)
    assert crossed == BENDING.cross(data, other, largest, seed)
    assert max(len(bent), len(crossed)) <= largest


def test_json_is_bent_in_ways_that_leave_it_json() -> None:
    body = b'200\n{"data": [{"id": 1, "name": "a"}, {"id": 2}]}'
    bent = {BENDING(body, 10_000, seed) for seed in range(500)}
    trees = []
    for each in bent:
        try:
            trees.append(json.loads(each.partition(b"\n")[2]))
        except ValueError:
            continue

    assert len(trees) > 50
    assert sum("data" in tree for tree in trees if isinstance(tree, dict)) > 30


def test_a_length_is_told_rightly_now_and_then() -> None:
    message = b"0\nGET / HTTP/1.1\r\nContent-Length: 99\r\n\r\nhello"

    assert any(b"Content-Length: 5\r\n\r\nhello" in BENDING(message, 200, seed) for seed in range(300))


def test_words_are_read_as_bytes() -> None:
    assert {b"\r\n", b"\xff", b"\0"} <= set(words("callers"))
    assert b'"\\ud800"' in words("json")
