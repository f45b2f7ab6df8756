"""What an EMS repeats changes nothing that the control loop does."""

from benchmarks.dispatch.controllers.ours import Ours
from benchmarks.dispatch.judge import judge
from benchmarks.dispatch.run import Trace, run
from benchmarks.dispatch.scenarios import repeated
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import FIELD
from netstab.simulation.virtual.site import Site

SITE = Site(FIELD, 20, PowerMode.ON_OFF)


def held(every: int) -> Trace:
    return run(SITE, repeated(SITE, every), Ours)


def test_a_deviation_is_corrected_whether_the_setpoint_is_repeated_or_not() -> None:
    once, again = held(0), held(4)
    assert len(again.orders) > 400
    told = [[(each.at, each.miner_id, each.setpoint) for each in trace.tellings] for trace in (once, again)]
    assert told[0] == told[1]
    assert len(told[1]) > SITE.count  # corrections came after the order itself
    found = judge("repeated", SITE, repeated(SITE, 4), again)
    assert found["second_half_within_5"] > 0.99
