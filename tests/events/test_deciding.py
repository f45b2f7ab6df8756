"""What decisions are made by, from what the log holds."""

import pytest
from fleet_values import miner

from events.deciding import certainty_of, slow_wake
from netstab.devices.port import Firmware
from netstab.dispatch.condition import Condition
from netstab.dispatch.statistics import NEW, StartStatistics, UnitStatistics
from netstab.units import Seconds

AMONG_QUICK_ONES = StartStatistics(1.0, Seconds(15.0))


@pytest.mark.parametrize(
    ("firmware", "start"), [(Firmware.WHATSMINER, 900), (Firmware.BRAIINS, 600), (Firmware.LUXOS, 600)]
)
def test_a_unit_of_a_slow_family_is_not_late_because_the_others_have_come(
    firmware: Firmware, start: int
) -> None:
    slow = miner(firmware=firmware, model="any", firmware_version="API 3.0.2")
    at = [
        certainty_of(slow, NEW, AMONG_QUICK_ONES, Condition(starting_for=each))
        for each in (46, start, start + 1)
    ]
    assert at == [1.0, 1.0, pytest.approx(0.05)]
    failed = Condition(starting_for=46, wake_failed=True)
    assert certainty_of(slow, NEW, AMONG_QUICK_ONES, failed) < 0.5
    seen = UnitStatistics(wake_seconds=Seconds(100.0))
    assert certainty_of(slow, seen, AMONG_QUICK_ONES, Condition(starting_for=300)) < 0.5


def test_an_s9_is_late_by_how_its_fleet_wakes() -> None:
    at = [
        certainty_of(miner(), NEW, StartStatistics(1.0, Seconds(100.0)), Condition(starting_for=each))
        for each in (160, 200, 240)
    ]
    assert at == pytest.approx([1.0, 5 / 9, 1 / 9])


def test_a_slow_unit_wakes_within_the_start_of_its_family_or_as_it_was_seen_to() -> None:
    slow, seen = miner(firmware=Firmware.BRAIINS, model="any"), UnitStatistics(wake_seconds=Seconds(100.0))
    assert [slow_wake(slow, NEW), slow_wake(slow, seen)] == pytest.approx([600.0, 140.0])
    assert (slow_wake(miner(), NEW), slow_wake(miner(), seen)) == (0.0, 0.0)
