"""What can be had within a time, by what each unit takes for it."""

from dataclasses import replace

from dispatch_units import AVAILABLE, HOME, fleet, tuned
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.condition import Condition
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.flexibility import HORIZONS, Flexibility, flexibility
from netstab.dispatch.ramp import Ramps
from netstab.dispatch.unit_status import UnitStatus
from netstab.power.allocation import PowerMode
from netstab.units import Seconds, Watts

OPEN = Ramps(Watts(1e9), Watts(1e9))
ASLEEP = replace(AVAILABLE, idle_power=Watts(51), start_seconds=Seconds(20))
HASHING = replace(ASLEEP, running_at=HOME, hashing=True, measured_power=Watts(1460))
STARTING = replace(ASLEEP, running_at=HOME, starting=True, condition=Condition(starting_for=0))


def of(*units: UnitStatus, limits: Ramps = OPEN, constraints: Constraints | None = None) -> list[Flexibility]:
    found = fleet(*units)
    return list(flexibility(found, len(found), PowerMode.ON_OFF, constraints or Constraints(), limits))


def test_sleep_is_had_within_ten_seconds_and_a_wake_when_its_time_has_come() -> None:
    found = of(HASHING, ASLEEP)
    assert [each.within for each in found] == list(HORIZONS)
    assert [each.down for each in found] == [0.0, 1409.0, 1409.0, 1409.0]
    assert [each.up for each in found] == [0.0, 0.0, 1409.0, 1409.0]
    assert of(replace(ASLEEP, start_seconds=Seconds(95)))[2].up == 0.0


def test_who_is_bound_or_late_or_hardly_counted_on_is_promised_to_nobody() -> None:
    for kept in ({"stays": True}, {"overdue": True}, {"certainty": 0.2}):
        assert of(replace(ASLEEP, **kept))[-1].up == 0.0
    assert of(replace(HASHING, stays=True))[-1].down == 0.0


def test_a_tuned_unit_is_promised_upwards_once_nearly_all_has_come_and_downwards_as_it_says() -> None:
    found = of(tuned(2720.0))
    assert [each.up for each in found] == [0.0, 0.0, 680.0, 680.0]  # in 8.5 s 88 % comes at 4 s of lag
    assert [each.down for each in found] == [0.0, 2714.0, 2714.0, 2714.0]  # asleep: 6 W


def test_no_more_is_promised_than_ramps_and_waves_let_through() -> None:
    slow = Ramps(Watts(10.0), Watts(100.0))
    assert [each.down for each in of(HASHING, limits=slow)][:2] == [0.0, 850.0]
    assert of(STARTING, limits=slow)[2].up == 585.0
    waves = Constraints(wake_batch_size=1, wake_batch_interval=Seconds(300))
    assert of(ASLEEP, ASLEEP, ASLEEP, constraints=waves)[-1].up == 2818.0


kinds = st.lists(st.sampled_from([ASLEEP, HASHING, STARTING, replace(ASLEEP, certainty=0.8)]), max_size=8)


@given(kinds, st.floats(1, 10_000), st.floats(1, 10_000))
def test_a_longer_time_never_gives_less_and_nothing_gives_more_than_there_is(
    units: list[UnitStatus], up: float, down: float
) -> None:
    found = of(*units, limits=Ramps(Watts(up), Watts(down)))
    assert [each.up for each in found] == sorted(each.up for each in found)
    assert [each.down for each in found] == sorted(each.down for each in found)
    drawn = sum(unit.measured_power - unit.idle_power for unit in units if unit.hashing)
    assert 0 <= found[-1].down <= drawn
    assert 0 <= found[-1].up <= 1409 * sum(1 for unit in units if not unit.hashing)
