"""Every request has one id: on its answer, at the backend, and in what is recorded."""

import pytest

from support.edges import GOOD_HEADERS, HOST, EdgeUnderTest

pytestmark = pytest.mark.anyio

NAME = b"x-request-id"


@pytest.mark.parametrize("given", [b"a", b"A-b_c.9", b"x" * 64])
async def test_a_good_id_is_the_callers_own(given):
    edge = EdgeUnderTest()

    answer = await edge.ask(headers=(*GOOD_HEADERS, (NAME, given)))

    assert answer.value(NAME) == given
    assert edge.seen[0].values(NAME) == [given]
    assert [served.request_id for served in edge.kept.requests] == [given.decode()]


@pytest.mark.parametrize(
    "given", [[], [b""], [b"x" * 65], [b"a b"], [b"a\xff"], [b"a,b"], [b"a/b"], [b'a"b'], [b"one", b"two"]]
)
async def test_any_other_id_is_replaced_everywhere(given):
    edge = EdgeUnderTest()

    answer = await edge.ask(headers=(*GOOD_HEADERS, *((NAME, value) for value in given)))

    made = answer.value(NAME)
    assert len(made) == 32
    assert int(made, 16) >= 0
    assert [value for name, value in answer.headers if name == NAME] == [made]
    assert edge.seen[0].values(NAME) == [made]
    assert edge.kept.requests[0].request_id == made.decode()


async def test_made_ids_do_not_repeat():
    edge = EdgeUnderTest()

    made = {(await edge.ask("/nowhere")).value(NAME) for _ in range(200)}

    assert len(made) == 200


async def test_a_refused_request_has_its_id_too():
    answer = await EdgeUnderTest().ask(headers=(HOST, HOST, (NAME, b"mine")))

    assert (answer.status, answer.value(NAME)) == (400, b"mine")
