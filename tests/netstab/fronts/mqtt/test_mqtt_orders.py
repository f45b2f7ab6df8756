"""Commands of one connection, in turn."""

import asyncio

import pytest
from stub_fleet import StubFleet, two_miners

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from events.commands import Activate, Deactivate
from netstab.clock import steady_clock, wall_clock
from netstab.fronts.link import Link
from netstab.fronts.mqtt import orders
from netstab.fronts.mqtt.orders import Orders
from netstab.units import Watts


def answers(fleet: StubFleet, *said: tuple[str, bytes]) -> list[int]:
    link = Link("mqtt", fleet, FrontBoard(wall_clock), EnergyBoard(), steady_clock())
    given = Orders(link, "client", watched=False)

    async def walked() -> list[int]:
        for name, payload in said:
            assert given.arrived(name, payload, retained=False) is None
        return [(await given.next_outcome()).code for _ in said]

    return asyncio.run(walked())


def test_where_more_come_than_are_carried_out_the_newest_of_a_kind_is_followed_and_the_overtaken_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each waited for those before it until it was too old: the last that was said was never followed."""
    monkeypatch.setattr(orders, "IN_TURN", -1.0)
    fleet = StubFleet(two_miners())
    said = ("target", b"1"), ("run", b"OFF"), ("target", b"1.2"), ("target", b"1.3")
    assert answers(fleet, *said) == [503, 200, 503, 200]
    assert [command for command, *_ in fleet.given] == [Deactivate(), Activate(Watts(1300.0))]


def test_commands_that_are_carried_out_in_time_all_have_their_turn() -> None:
    fleet = StubFleet(two_miners())
    assert answers(fleet, ("target", b"1"), ("target", b"1.2")) == [200, 200]
