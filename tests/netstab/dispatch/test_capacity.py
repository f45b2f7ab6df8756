from dataclasses import replace

from dispatch_units import AVAILABLE, HOME, fleet, kept_out, tuned

from netstab.dispatch.capacity import Capacity, Missing, capacity
from netstab.dispatch.condition import Condition
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.ramp import Ramps
from netstab.dispatch.statistics import StartStatistics
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import PowerMode
from netstab.units import Seconds, Watts

ASLEEP = replace(AVAILABLE, idle_power=Watts(51), certainty=0.9)
HASHING = replace(ASLEEP, running_at=HOME, hashing=True, measured_power=Watts(1460), certainty=1.0)


def equal(ramp: int) -> Ramps:
    return Ramps(Watts(ramp), Watts(ramp))


def of(
    *units: UnitStatus, constraints: Constraints | None = None, ramp: int = 50_000, rated: int = 0
) -> Capacity:
    record = StartStatistics(0.9, Seconds(100))
    found = fleet(*units)
    return capacity(found, PowerMode.ON_OFF, record, constraints or Constraints(), equal(ramp), Watts(rated))


def test_a_sleeping_miner_counts_for_what_may_be_expected_of_it() -> None:
    found = of(HASHING, ASLEEP)
    assert found.minimum == 102.0
    assert found.reachable == 102.0 + 1409.0 + 1268.0


def test_what_does_not_obey_counts_for_what_it_draws() -> None:
    rogue, dead = kept_out(Availability.DOES_NOT_STOP, 1400), kept_out(Availability.UNREACHABLE)
    found = of(HASHING, rogue, dead)
    assert (found.minimum, found.reachable) == (1451.0, 2860.0)
    assert (found.units.available, found.units.failed, found.units.on) == (1, 2, 2)
    assert found.missing == (
        Missing(Availability.UNREACHABLE, 1, Watts(1460)),
        Missing(Availability.DOES_NOT_STOP, 1, Watts(1460)),
    )


def test_who_is_only_read_has_not_failed_and_is_counted_apart() -> None:
    read, dead = kept_out(Availability.NOT_CONTROLLABLE, 3250), kept_out(Availability.UNREACHABLE)
    found = of(HASHING, read, dead)
    assert (found.units.available, found.units.failed, found.units.not_controllable) == (1, 1, 1)
    assert found.minimum == 51.0 + 3250.0


def test_no_more_is_declared_than_the_rated_power() -> None:
    assert of(HASHING, HASHING, rated=2000).reachable == 2000.0


def test_the_way_up_takes_a_wake_its_waves_and_the_ramp() -> None:
    assert of(HASHING, HASHING).to_maximum == Seconds(0.0)
    assert round(of(ASLEEP).to_maximum) == 140
    assert (
        of(
            *[ASLEEP] * 5, constraints=Constraints(wake_batch_size=2, wake_batch_interval=Seconds(45))
        ).to_maximum
        == 230.0
    )
    assert of(*[ASLEEP] * 5, ramp=100).to_maximum > 190


def test_the_way_up_shortens_with_each_second_and_goes_by_the_slowest_family() -> None:
    def left(waited: int, start: int = 0) -> float:
        on_its_way = replace(ASLEEP, starting=True, condition=Condition(starting_for=waited))
        record, ramp = StartStatistics(0.9, Seconds(100)), equal(50_000)
        return capacity(
            [on_its_way],
            PowerMode.ON_OFF,
            record,
            Constraints(),
            ramp,
            Watts(0),
            lambda _unit: Seconds(start),
        ).to_maximum

    assert [round(left(waited)) for waited in (0, 40, 130, 230)] == [140, 100, 14, 14]
    assert [round(left(waited, 900)) for waited in (0, 40, 600)] == [900, 860, 300]


def test_the_way_down_takes_seconds() -> None:
    assert of(ASLEEP).to_minimum == 0.0
    assert 5 < of(HASHING, HASHING).to_minimum < 6


def test_each_way_takes_as_long_as_its_own_ramp_asks() -> None:
    record, slow_up = StartStatistics(0.9, Seconds(100)), Ramps(Watts(10), Watts(1000))
    units = fleet(HASHING, ASLEEP, ASLEEP)
    found = capacity(units, PowerMode.ON_OFF, record, Constraints(), slow_up, Watts(0))
    assert found.to_maximum > 250
    assert found.to_minimum < 8


def test_tuned_miners_reach_their_full_power_as_soon_as_they_settle() -> None:
    below = of(tuned(2510), HASHING)
    assert below.reachable == Watts(3394 + 1460)
    assert below.to_maximum == Seconds(5.0 + (3394 - 2510) / 50_000)
    assert of(tuned(3400), HASHING).to_maximum == Seconds(0.0)


def test_the_lowest_power_above_the_minimum_is_that_of_the_smallest_unit_and_so_is_the_step() -> None:
    found = of(HASHING, ASLEEP)
    assert (found.lowest, found.step) == (102.0 + 1409.0, 1409.0)
    both = of(tuned(2510), HASHING)
    assert (both.lowest, both.step) == (both.minimum + 1409.0, 34.0)
    assert (of().lowest, of().step) == (0.0, 0.0)
