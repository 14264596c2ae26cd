"""Waits before a worker is started again."""

from jobgateway.edge.backoff import LONG, MOST, Backoff


def test_who_has_lived_long_is_replaced_at_once():
    assert Backoff().after(LONG) == 0


def test_short_lives_are_followed_by_longer_and_longer_waits_up_to_a_bound():
    backoff = Backoff()

    waits = [backoff.after(0.0) for _ in range(2000)]

    assert waits[:4] == [0.25, 0.5, 1.0, 2.0]
    assert waits == sorted(waits)
    assert waits[-1] == MOST


def test_a_long_life_begins_anew():
    backoff = Backoff()
    for _ in range(5):
        backoff.after(1.0)

    assert [backoff.after(LONG), backoff.after(1.0)] == [0, 0.25]
