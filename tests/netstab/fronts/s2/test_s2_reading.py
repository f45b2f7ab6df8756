"""What is offered of a fleet, and how it stands, as the fleet publishes itself."""

from dataclasses import replace

import pytest
from stub_fleet import NOW, asleep, fleet_snapshot, registered, report, two_miners, unreachable

from actors.snapshot import FleetPhase
from events.state import FrontSetpoint, Order, Override, Source
from netstab.fronts.s2.reading import offer_of, view_of
from netstab.power.unit import PowerMode
from netstab.units import Version, WallTime, Watts


def test_few_miners_that_are_on_or_off_are_offered_one_by_one_up_to_rated_power() -> None:
    offer = offer_of(two_miners())
    assert offer is not None
    assert [mode.label for mode in offer.modes] == ["standby", "1 mining", "2 mining"]
    assert [mode.low for mode in offer.modes] == [102.0, 1511.0, 2920.0]
    assert offer.rated == offer.highest == 2920.0


def test_many_miners_or_tuned_ones_are_offered_as_a_range() -> None:
    addresses = [f"127.0.1.{number}" for number in range(1, 23)]
    many = fleet_snapshot(tuple(map(registered, addresses)), tuple(map(asleep, addresses)))
    offer = offer_of(many)
    assert offer is not None
    assert [(mode.label, mode.low, mode.high) for mode in offer.modes] == [
        ("standby", 1122.0, 1122.0),
        ("mining", 2531.0, 32120.0),
    ]
    smaller = (registered(addresses[0], rated_power=Watts(1000.0)), *map(registered, addresses[1:]))
    offer = offer_of(fleet_snapshot(smaller, tuple(map(asleep, addresses))))
    assert offer is not None
    assert offer.lowest == 22 * 51.0 + (1000.0 - 51.0)  # what the smallest adds to a fleet that sleeps
    tuned = two_miners()
    tuned = fleet_snapshot(
        tuple(tuned.state.miners.values()),
        tuple(tuned.reports.values()),
        state=replace(tuned.state, power_mode=PowerMode.FREQUENCY),
    )
    offer = offer_of(tuned)
    assert offer is not None
    assert [mode.label for mode in offer.modes] == ["standby", "mining"]
    assert offer.lowest < 1511.0


def test_a_miner_that_cannot_be_had_is_not_offered_and_what_it_draws_stays() -> None:
    miners = tuple(registered(address) for address in ("127.0.1.56", "127.0.1.167"))
    offer = offer_of(fleet_snapshot(miners, (report("127.0.1.56"), unreachable("127.0.1.167"))))
    assert offer is not None
    assert [mode.high for mode in offer.modes] == [51.0, 1460.0]
    assert offer.rated == 2920.0


def test_a_fleet_without_miners_offers_standby_alone() -> None:
    offer = offer_of(fleet_snapshot(()))
    assert offer is not None
    assert [(mode.label, mode.low, mode.high) for mode in offer.modes] == [("standby", 0.0, 0.0)]


def test_nothing_is_offered_until_the_miners_were_looked_for() -> None:
    assert offer_of(two_miners(phase=FleetPhase.INITIALIZING)) is None


@pytest.mark.parametrize("source", [Source.S2, Source.EMS])
def test_it_is_said_whether_the_setpoint_of_the_cem_is_in_force(source: Source) -> None:
    snapshot = two_miners()
    assert not view_of(snapshot, None).ordered
    at, version = WallTime(NOW), Version(2)
    state = replace(
        snapshot.state,
        order=Order(Watts(1460.0), "c-1", source, version, at),
        setpoints={Source.S2: FrontSetpoint(Source.S2, Watts(1460.0), None, "c-1", at, version, version)},
    )
    view = view_of(two_miners(state=state), None)
    assert (view.ordered, view.target, view.holds) == (True, 1460.0, True)
    assert view.commands is (source is Source.S2)
    overridden = replace(state, override=Override(Watts(0.0), "c-2", at))
    view = view_of(two_miners(state=overridden), None)
    assert (view.commands, view.override_since) == (False, at)
