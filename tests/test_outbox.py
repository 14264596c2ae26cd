"""Messages of one turn of the event loop leave together, in order, and one that is alone waits for nothing."""

import asyncio

import pytest

from jobgateway.outbox import MOST, Outbox

pytestmark = pytest.mark.anyio


class Peer:
    """Notes what it is given to send, in a list that all share."""

    def __init__(self, name: str, sent: list[tuple[str, bytes]]) -> None:
        self.name = name
        self.sent = sent

    def send(self, message: bytes) -> None:
        self.sent.append((self.name, message))


@pytest.fixture
def sent() -> list[tuple[str, bytes]]:
    return []


async def test_the_first_message_of_a_turn_leaves_at_once_and_the_others_at_its_end(sent):
    outbox, loop = Outbox(), asyncio.get_running_loop()
    one, two = Peer("one", sent), Peer("two", sent)

    outbox.put(one, b"1", loop)
    outbox.put(two, b"2", loop)
    outbox.put(one, b"3", loop)

    assert sent == [("one", b"1")]
    await asyncio.sleep(0)
    assert sent == [("one", b"1"), ("two", b"2"), ("one", b"3")]
    outbox.put(two, b"4", loop)
    assert sent[3:] == [("two", b"4")]


async def test_no_message_waits_for_more_than_a_bounded_number_of_others(sent):
    outbox, loop = Outbox(), asyncio.get_running_loop()

    for number in range(1 + MOST):
        outbox.put(Peer("one", sent), b"%d" % number, loop)

    assert [int(message) for _, message in sent] == list(range(1 + MOST))
    outbox.put(Peer("one", sent), b"last", loop)
    assert sent[-1] != ("one", b"last")


async def test_what_waits_can_be_sent_before_the_end_of_the_turn_and_is_sent_once(sent):
    outbox, loop = Outbox(), asyncio.get_running_loop()
    outbox.put(Peer("one", sent), b"1", loop)
    outbox.put(Peer("two", sent), b"2", loop)

    outbox.flush()

    assert sent == [("one", b"1"), ("two", b"2")]
    await asyncio.sleep(0)
    assert len(sent) == 2


async def test_what_a_message_sets_off_is_not_lost(sent):
    outbox, loop = Outbox(), asyncio.get_running_loop()

    class Chatty(Peer):
        def send(self, message: bytes) -> None:
            super().send(message)
            if message != b"echo":
                outbox.put(self, b"echo", loop)

    outbox.put(Peer("one", sent), b"1", loop)
    outbox.put(Chatty("two", sent), b"2", loop)
    for _ in range(3):
        await asyncio.sleep(0)

    assert sent == [("one", b"1"), ("two", b"2"), ("two", b"echo")]
