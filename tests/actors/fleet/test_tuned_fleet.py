"""The closed loop over units that are tuned without a restart."""

from dataclasses import dataclass, replace

from dispatch_units import TUNED
from fleet_values import FULL, miner
from virtual_fleet import NO_LIMITS, Nature, VirtualFleet, VirtualMiner

from actors.report import MinerReport
from events.commands import ChangeConfiguration, RegisterMiners
from events.state import Configuration


@dataclass
class TunedMiner(VirtualMiner):
    """It takes a point at once, and draws more or less than that by its `bias`."""

    bias: float = 1.0

    @property
    def told_power(self) -> float:
        point = self.setpoint.point if self.setpoint else None
        full = TUNED.full_point
        assert full is not None
        return (point or full).power

    @property
    def power(self) -> float:
        return self.told_power * self.bias if self.hashing else 0.0

    def report(self, now: float) -> MinerReport:
        return replace(super().report(now), setting=round(self.told_power))


class TunedFleet(VirtualFleet):
    def _enlist(self, ramp_kw: float) -> None:
        self.tuned = {each: TunedMiner(each, one.nature) for each, one in self.miners.items()}
        self.miners.update(self.tuned)
        registered = tuple(
            miner(each, home_frequency=FULL, capabilities=TUNED, rated_power=3394.0) for each in self.miners
        )
        self.take(RegisterMiners(registered, "scan"))
        self.take(ChangeConfiguration(Configuration(max_power_change_rate_kw_per_sec=ramp_kw), ()))

    def _measure(self) -> None:
        found = {each: (one.bias, 1.0) for each, one in self.tuned.items() if one.hashing}
        known = self.state.experience
        if any(each not in known or known[each].power_factor != bias for each, (bias, _) in found.items()):
            self.log.measured(found, self.state.meter_scale)

    def drift(self, bias: float) -> None:
        for each in self.tuned.values():
            each.bias = bias


def test_what_is_off_by_less_than_the_tolerance_is_taken_up_by_tuning() -> None:
    fleet = TunedFleet([Nature()] * 20, NO_LIMITS)
    fleet.order(55_000)
    fleet.run(60)
    assert abs(fleet.power / 55_000 - 1) <= 0.01
    for bias in (0.975, 1.02, 1.0):
        fleet.drift(bias)
        fleet.run(60)
        assert abs(fleet.power / 55_000 - 1) <= 0.01


def test_what_is_on_target_is_told_nothing_more() -> None:
    fleet = TunedFleet([Nature()] * 20, NO_LIMITS)
    fleet.order(55_000)
    fleet.run(60)
    told = len(fleet.sent)
    fleet.run(300)
    assert len(fleet.sent) == told


def test_a_unit_that_no_change_restarts_is_tuned_however_often_the_target_moves() -> None:
    fleet = TunedFleet([Nature()] * 3, NO_LIMITS)
    for step in range(4 * NO_LIMITS.frequency_changes_per_hour):
        target = 8_000 + 100 * (step % 2) + step
        fleet.order(target)
        fleet.run(30)
        assert abs(fleet.power - target) <= 1 + target * 0.005 + 34  # a step of each, and what is left alone
