"""What campaigns hold against all that is thrown at them, on less, and without what guides them.

The checks are the campaigns' own, and assert what has to hold of an input: each raises where it does not. See
``docs/reliability.md``, "Fuzzing".
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.configuration import Folder, hold
from fuzz.mutator import Mutator
from fuzz.target import NAMES, Target, target

FEW = 250
"""Inputs of each kind; a campaign has ten thousands."""


@cache
def seeds(name: str) -> list[bytes]:
    return [seed for seed in target(name).seeds() if len(seed) <= target(name).largest]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Callable[[bytes], None]]:
    """The check of a target; a configuration's is made in a folder of its own."""
    folder = Folder(Path(tmp_path_factory.mktemp("configuration")))
    return lambda name: (lambda data: hold(folder, data)) if name == "configuration" else target(name).check


def shaken(data: bytes, largest: int) -> bytes:
    """What the fuzzer does by itself, in place of it: single bytes are others."""
    dice = random.Random(data)
    bent = bytearray(data)
    for _ in range(3 if bent else 0):
        bent[dice.randrange(len(bent))] = dice.randrange(256)
    return bytes(bent[:largest])


@cache
def mutator(name: str) -> Mutator:
    return Mutator(target(name).words, shaken)


@st.composite
def bent(draw: st.DrawFn, name: str) -> bytes:
    """A seed that was bent a few times, or the begin of one and the end of another."""
    wanted: Target = target(name)
    data = draw(st.sampled_from(seeds(name)))
    if draw(st.booleans()):
        other = draw(st.sampled_from(seeds(name)))
        data = mutator(name).cross(data, other, wanted.largest, draw(st.integers(0, 2**32)))
    for seed in draw(st.lists(st.integers(0, 2**32), max_size=4)):
        data = mutator(name)(data, wanted.largest, seed)
    return data


def told(name: str) -> st.SearchStrategy[bytes]:
    """Words and bytes behind each other, under a first line as inputs have it."""
    piece = st.sampled_from(target(name).words) | st.binary(max_size=20)
    rest = st.lists(piece, max_size=12).map(b"".join)
    return st.tuples(st.sampled_from(seeds(name)).map(lambda seed: seed.partition(b"\n")[0]), rest).map(b"\n".join)


@pytest.mark.parametrize("name", NAMES)
def test_what_campaigns_begin_with_holds(name: str, checked) -> None:
    assert len(seeds(name)) > 50
    for seed in seeds(name)[:: 1 if name == "callers" else 4]:
        checked(name)(seed)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=FEW)
def test_what_is_bent_or_thrown_together_holds(name: str, checked, data: st.DataObject) -> None:
    checked(name)(data.draw(bent(name) | told(name)))
