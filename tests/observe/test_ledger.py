"""Numbers that survive whoever writes them."""

import json
import subprocess
import sys

import pytest

from jobgateway.observe.ledger import DROPPED, Ledger

COUNTING = """
import json, os
from jobgateway.observe.ledger import Ledger

ledger = Ledger()
ledger.cells(("before",), 1)[0] = 1

def in_a_child_that_is_killed():
    child = os.fork()
    if not child:
        ledger.cells(("before",), 1)[0] += 1
        ledger.cells(("new", "label"), 1)[0] += 10
        os.kill(os.getpid(), 9)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == 9
    print(json.dumps({".".join(name): list(cells) for name, cells in ledger.entries()}))

in_a_child_that_is_killed()
in_a_child_that_is_killed()
"""


def shown(ledger):
    return {name: list(cells) for name, cells in ledger.entries() if name != DROPPED}


def test_numbers_are_found_under_their_names_and_begin_with_nothing():
    ledger = Ledger()
    ledger.cells(("a", "x"), 2)[1] += 1.5
    ledger.cells(("b",), 1)
    ledger.cells(("a", "x"), 2)[0] += 1

    assert shown(ledger) == {("a", "x"): [1.0, 1.5], ("b",): [0.0]}


@pytest.mark.parametrize("name", [("",), ("a", ""), ("a" * 1000, "ü", '"\\\n'), ("1234567",), ("12345678",)])
def test_any_text_is_a_name(name):
    ledger = Ledger()
    ledger.cells(name, 3)[2] = 1e300

    assert shown(ledger) == {name: [0.0, 0.0, 1e300]}


def test_what_a_killed_process_has_counted_is_there_and_the_next_one_counts_on():
    told = subprocess.run([sys.executable, "-c", COUNTING], capture_output=True, text=True, check=True).stdout

    assert list(map(json.loads, told.splitlines())) == [
        {DROPPED[0]: [0.0], "before": [2.0], "new.label": [10.0]},
        {DROPPED[0]: [0.0], "before": [3.0], "new.label": [20.0]},
    ]


def test_a_full_ledger_says_how_many_names_it_had_no_room_for():
    ledger = Ledger(size=256)
    for number in range(20):
        ledger.cells((f"name {number}",), 2)[0] += 1

    kept = shown(ledger)
    assert 0 < len(kept) < 20
    assert all(numbers == [1.0, 0.0] for numbers in kept.values())
    assert ledger.cells(DROPPED, 1)[0] == 20 - len(kept)
