"""In frequency mode a signal is followed with whole miners, and at rest one is set to what is left."""

from benchmarks.dispatch.controllers.ours import Ours
from benchmarks.dispatch.controllers.protocol import Rules
from benchmarks.dispatch.run import Ordered, Scenario, Trace, run
from netstab.dispatch.setpoint import Setpoint
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import FIELD
from netstab.simulation.virtual.site import Site, capability


def set_anew(trace: Trace, begin: float) -> int:
    """Count the miners that were to run, and were told to run at another frequency."""
    told: dict[str, Setpoint | None] = {}
    count = 0
    for each in trace.tellings:
        before, told[each.miner_id] = told.get(each.miner_id), each.setpoint
        ran = before is not None and before.running and each.setpoint is not None and each.setpoint.running
        count += ran and before != each.setpoint and each.at >= begin
    return count


def test_a_signal_that_moves_changes_hardly_any_frequency() -> None:
    site = Site(FIELD, 8, PowerMode.FREQUENCY)
    shares = [0.3 + 0.6 * abs(step % 60 - 30) / 30 for step in range(150)]
    orders = tuple(Ordered(10.0 + 4 * step, capability(site) * share) for step, share in enumerate(shares))
    trace = run(site, Scenario(orders, 620, Rules()), Ours)
    assert set_anew(trace, 30.0) <= 1


def test_two_miners_come_near_a_target_that_stands_and_none_is_broken_by_it() -> None:
    site = Site(FIELD, 2, PowerMode.FREQUENCY)
    full = capability(site)
    orders = (Ordered(10.0, full), Ordered(900.0, 0.75 * full))
    trace = run(site, Scenario(orders, 2000, Rules()), Ours)
    assert abs(trace.power[1700:].mean() / full - 0.75) < 0.05 * 0.75
