"""How many more are started for a target that stands than it needs."""

from dataclasses import replace
from typing import Any

import pytest
from dispatch_units import AVAILABLE
from fleets import miner, miners

from netstab.dispatch.forecast import forecast, forecast_share
from netstab.dispatch.plan import Rules, plan, share_out
from netstab.dispatch.statistics import StartStatistics
from netstab.dispatch.sums import Sums
from netstab.power.look_ahead import LookAhead
from netstab.power.unit import PowerMode, Unit
from netstab.units import MinerId, Seconds, Watts

FIELD = StartStatistics(0.92, Seconds(95.0), spread=Seconds(20.0))
RULES = Rules(PowerMode.ON_OFF, start=FIELD)
THIRTY = Watts(30 * 1460.0)


def asleep(count: int, certainty: float = 0.92) -> list[Unit]:
    return [replace(each, certainty=certainty) for each in miners(*[None] * count)]


def started(units: list[Unit], rules: Rules = RULES, target: Watts = THIRTY) -> int:
    return len(share_out(target, units, rules).points)


@pytest.mark.parametrize("mode", PowerMode)
def test_more_are_started_than_a_target_that_stands_needs_where_some_come_late_or_never(
    mode: PowerMode,
) -> None:
    assert 38 <= started(asleep(80), replace(RULES, mode=mode)) <= 60


def test_the_more_wakes_fail_the_more_are_started() -> None:
    surer = Rules(PowerMode.ON_OFF, start=replace(FIELD, spread=Seconds(0.0)))
    found = [started(asleep(80, certainty), surer) for certainty in (1.0, 0.92, 0.8)]
    assert found[0] == 30
    assert 33 < found[1] < found[2]


@pytest.mark.parametrize("seconds", [0.0, 20.0, 60.0])
def test_a_target_that_stands_no_longer_than_a_start_takes_is_worth_nobody_more(seconds: float) -> None:
    assert started(asleep(80), replace(RULES, stands=Seconds(seconds))) == 33  # of which 30 come


def test_a_fleet_that_starts_within_seconds_is_worth_nobody_more() -> None:
    quick = replace(RULES, start=StartStatistics(1.0, Seconds(10.0), spread=Seconds(2.0)))
    assert started(asleep(80, 1.0), quick) == 30


def test_where_too_much_stays_for_a_minimum_time_on_nobody_more_is_started() -> None:
    held = replace(RULES, min_on=Seconds(120.0))
    assert started(asleep(80, 1.0), held) == 30


def test_of_a_fleet_that_was_never_timed_nobody_more_is_started() -> None:
    assert started(asleep(80, 1.0), Rules(PowerMode.ON_OFF)) == 30


def test_asked_again_while_they_start_nobody_more_is_started() -> None:
    units = asleep(80)
    points = share_out(THIRTY, units, RULES).points
    woken = [
        replace(each, running_at=points.get(each.unit_id), waking=each.unit_id in points) for each in units
    ]
    assert share_out(THIRTY, woken, RULES).points == points


def test_once_enough_have_come_those_that_hash_beyond_it_are_stopped() -> None:
    hashing = [
        replace(miner(number, 650), running_at=miner(number, 650).full_point) for number in range(1, 41)
    ]
    assert started(hashing) == 30


@pytest.mark.parametrize("change", [{"overdue": True}, {"certainty": 0.2}, {"stays": True}])
def test_who_may_not_come_is_no_spare(change: dict[str, Any]) -> None:
    others = [replace(each, **change) for each in miners(*[None] * 80)[34:]]
    units = [*asleep(34), *others]
    assert share_out(THIRTY, units, RULES).points.keys() <= {unit.unit_id for unit in units[:34]}


def test_a_moving_target_and_a_few_miners_have_their_own_rules() -> None:
    ahead = LookAhead(start=Watts(1460.0))
    assert len(share_out(THIRTY, asleep(80), RULES, ahead).points) == 34
    assert started(asleep(10), target=Watts(5 * 1460.0)) in (5, 6)


@pytest.mark.parametrize("mode", PowerMode)
def test_what_is_to_spare_is_named_and_not_expected_to_be_drawn(mode: PowerMode) -> None:
    units = [
        replace(AVAILABLE, unit_id=MinerId(f"127.0.0.{n}"), certainty=0.92, measured_power=Watts(51.0))
        for n in range(1, 81)
    ]
    planned = plan(THIRTY, units, replace(RULES, mode=mode))
    told = planned.setpoints
    sums = Sums.of((unit.unit_id, forecast_share(unit, told[unit.unit_id])) for unit in units)
    assert planned.to_spare > 4 * 1460.0
    assert forecast(sums, planned.lent, planned.to_spare).expected == pytest.approx(THIRTY, abs=1.0)
    assert plan(THIRTY, units, replace(RULES, min_on=Seconds(120.0))).to_spare == 0.0
