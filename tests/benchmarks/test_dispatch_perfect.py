"""The yardstick is what knowledge brings in both modes: frequencies only where they bring something."""

from benchmarks.dispatch.controllers.perfect import Perfect
from benchmarks.dispatch.controllers.protocol import Rules
from benchmarks.dispatch.run import Ordered, Scenario, Trace, run
from netstab.dispatch.setpoint import Setpoint
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT, FIELD
from netstab.simulation.virtual.site import Site, capability


def followed(mode: PowerMode) -> Trace:
    """Follow a saw-tooth that climbs and falls within ten minutes, with four miners."""
    site = Site(FIELD, 4, mode)
    shares = [0.3 + 0.6 * abs(step % 60 - 30) / 30 for step in range(120)]
    orders = tuple(Ordered(10.0 + 10 * step, capability(site) * share) for step, share in enumerate(shares))
    return run(site, Scenario(orders, 1210, Rules()), Perfect)


def test_while_a_signal_moves_both_modes_do_the_same() -> None:
    one, other = followed(PowerMode.ON_OFF), followed(PowerMode.FREQUENCY)
    assert [(told.at, told.miner_id, told.setpoint) for told in one.tellings] == [
        (told.at, told.miner_id, told.setpoint) for told in other.tellings
    ]


def test_a_target_that_stands_is_met_between_whole_miners_and_full_power_is_back_after_it() -> None:
    site = Site(DOCUMENT, 2, PowerMode.FREQUENCY)
    full = capability(site)
    orders = (Ordered(10.0, 0.75 * full), Ordered(200.0, full))
    trace = run(site, Scenario(orders, 400, Rules()), Perfect)
    assert abs(trace.power[199] / full - 0.75) < 0.02
    assert abs(trace.power[399] / full - 1) < 0.01


def test_nobody_is_restarted_for_a_frequency() -> None:
    site = Site(FIELD, 2, PowerMode.FREQUENCY)
    orders = (Ordered(10.0, capability(site)), Ordered(400.0, 0.75 * capability(site)))
    trace = run(site, Scenario(orders, 900, Rules()), Perfect)
    told: dict[str, Setpoint | None] = {}
    for each in trace.tellings:
        before = told.get(each.miner_id)
        moved = before and each.setpoint and before.running and each.setpoint.running
        assert not moved or before == each.setpoint
        told[each.miner_id] = each.setpoint
