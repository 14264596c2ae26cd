"""The gateway is swapped whole, while requests are under way."""

import asyncio

import pytest

from support.edges import Caller, EdgeUnderTest, Gate, config_of, ended, gateway_over

pytestmark = pytest.mark.anyio


class Closing:
    """A gateway that tells when it was closed."""

    def __init__(self, inner):
        self._inner = inner
        self.config, self.answer, self.refuse = inner.config, inner.answer, inner.refuse
        self.closed = asyncio.Event()

    async def aclose(self):
        await self._inner.aclose()
        self.closed.set()


async def test_a_request_under_way_ends_on_the_gateway_that_it_began_with():
    gate, config = Gate(), config_of()
    old, new = Closing(gateway_over(config, gate=gate)), Closing(gateway_over(config))
    edge = EdgeUnderTest(config, old)
    first = asyncio.create_task(edge.ask())
    await gate.reached.wait()

    edge.current.swap(config, new)
    second = await edge.ask()

    assert second.status == 200
    assert not old.closed.is_set()
    assert edge.current.inflight == 1
    gate.open.set()
    assert (await ended(first)).status == 200
    await asyncio.wait_for(old.closed.wait(), 5)
    assert not new.closed.is_set()
    assert edge.current.inflight == 0


async def test_a_replaced_gateway_is_closed_when_the_last_of_its_requests_ends():
    gate, config = Gate(), config_of()
    old = Closing(gateway_over(config, gate=gate))
    edge, leaver = EdgeUnderTest(config, old), Caller()
    leaving, staying = asyncio.create_task(edge.ask(caller=leaver)), asyncio.create_task(edge.ask())
    await gate.reached.wait()
    edge.current.swap(config, gateway_over(config))

    leaver.gone.set()
    await ended(leaving)
    assert edge.current.inflight == 1
    await asyncio.sleep(0.05)  # long enough to be closed too early
    assert not old.closed.is_set()
    gate.open.set()

    assert (await ended(staying)).status == 200
    assert await asyncio.wait_for(old.closed.wait(), 5)


async def test_an_idle_gateway_is_closed_at_once_when_it_is_replaced():
    config = config_of()
    old = Closing(gateway_over(config))
    edge = EdgeUnderTest(config, old)

    edge.current.swap(config, gateway_over(config))

    assert await asyncio.wait_for(old.closed.wait(), 5)


async def test_requests_on_several_generations_are_all_counted():
    config = config_of()
    gates = [Gate(), Gate(), Gate()]
    edge = EdgeUnderTest(config, gateway_over(config, gate=gates[0]))
    asking = []
    for gate, following in zip(gates, [*gates[1:], None], strict=True):
        asking.append(asyncio.create_task(edge.ask()))
        await gate.reached.wait()
        if following is not None:
            edge.current.swap(config, gateway_over(config, gate=following))

    assert edge.current.inflight == 3

    for gate in gates:
        gate.open.set()
    assert [(await answer).status for answer in asking] == [200, 200, 200]


async def test_closing_waits_for_what_is_under_way():
    gate, config = Gate(), config_of()
    gateway = Closing(gateway_over(config, gate=gate))
    edge = EdgeUnderTest(config, gateway)
    asking = asyncio.create_task(edge.ask())
    await gate.reached.wait()

    closing = asyncio.create_task(edge.current.aclose())
    await asyncio.sleep(0)
    assert not gateway.closed.is_set()
    gate.open.set()
    await ended(closing)

    assert (await asking).status == 200
    assert gateway.closed.is_set()
