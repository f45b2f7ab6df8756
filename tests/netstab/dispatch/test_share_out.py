"""Where frequency mode sets another frequency, and where it does as on/off mode does."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fleets import miners, targets, uniform_fleets
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netstab.dispatch.plan import Rules, share_out
from netstab.dispatch.statistics import StartStatistics
from netstab.power.allocation import Action, Allocation, PowerMode
from netstab.power.look_ahead import LookAhead
from netstab.power.unit import Unit
from netstab.units import Seconds, Watts

FIELD = StartStatistics(0.9, Seconds(95.0))
AT_REST = Rules(PowerMode.FREQUENCY, start=FIELD)
MOVING = replace(AT_REST, stands=Seconds(20.0))


def off(allocation: Allocation, target: float) -> float:
    return abs(allocation.power - target)


def set_anew(allocation: Allocation, units: Sequence[Unit]) -> int:
    """Count who runs and is to run at another point."""
    pairs = zip(allocation.assignments, units, strict=True)
    return sum(1 for given, unit in pairs if given.point and unit.running_at not in (None, given.point))


@given(targets, uniform_fleets())
def test_while_the_target_moves_no_frequency_is_set(target: float, units: list[Unit]) -> None:
    assume(len(units) > 2)
    allocation = share_out(Watts(target), units, MOVING)
    assert set_anew(allocation, units) == 0
    started = [each for each, unit in zip(allocation.assignments, units, strict=True) if not unit.running_at]
    assert all(each.action is not Action.SWING for each in started)


@given(targets, st.lists(st.sampled_from([None, 650]), min_size=3, max_size=8))
def test_while_the_target_moves_both_modes_run_the_same_miners(
    target: float, running: list[int | None]
) -> None:
    units = miners(*running)
    on_off = share_out(Watts(target), units, replace(MOVING, mode=PowerMode.ON_OFF))
    assert share_out(Watts(target), units, MOVING).points == on_off.points


@settings(max_examples=200)
@given(targets, uniform_fleets(), st.floats(95, 3600))
def test_what_is_set_mends_more_than_the_starts_that_it_takes_cost(
    target: float, units: list[Unit], stands: float
) -> None:
    assume(len(units) > 2)
    rules = replace(AT_REST, stands=Seconds(stands))
    allocation = share_out(Watts(target), units, rules)
    changed = set_anew(allocation, units)
    if changed:
        whole = [unit.running_at is not None for unit in units]
        nearest = min(abs(count * 1460 - target) for count in range(sum(whole) + 1))
        if all(unit.running_at in (None, unit.full_point) for unit in units):
            assert nearest - off(allocation, target) >= changed * 1460 * FIELD.seconds / stands - 1e-6


@given(targets, uniform_fleets(), st.floats(95, 3600), st.floats(1, 10))
def test_the_longer_a_target_stands_the_nearer_it_is_met(
    target: float, units: list[Unit], stands: float, times: float
) -> None:
    shorter, longer = (
        share_out(Watts(target), units, replace(AT_REST, stands=Seconds(seconds)))
        for seconds in (stands, stands * times)
    )
    least_step = 15.0  # W: the search looks at two swing miners, not at all choices
    assert off(longer, target) <= off(shorter, target) + least_step


@pytest.mark.parametrize("stands", [299.0, 301.0, 3600.0])
def test_a_swing_miner_that_comes_within_the_tolerance_is_given_no_second_one(stands: float) -> None:
    """However long the target stands: two were set where one alone did not pay, and met it to 3 W."""
    rules = replace(AT_REST, stands=Seconds(stands))
    allocation = share_out(Watts(4743.0), miners(None, None, None, None), rules)
    assert [each.action for each in allocation.assignments] == [Action.FULL] * 3 + [Action.SWING]
    assert off(allocation, 4743.0) == 237.0


@given(targets, st.lists(st.sampled_from([None, 650]), min_size=3, max_size=8), st.integers(-3000, 3000))
def test_while_a_signal_moves_both_modes_run_the_same_miners_however_long_it_rests(
    target: float, running: list[int | None], ahead: int
) -> None:
    assume(ahead)
    units, expected = miners(*running), LookAhead(Watts(float(ahead)), Watts(float(max(0, ahead))))
    on_off = share_out(Watts(target), units, replace(AT_REST, mode=PowerMode.ON_OFF), expected)
    assert share_out(Watts(target), units, AT_REST, expected).points == on_off.points


@given(targets, uniform_fleets())
def test_until_those_that_were_woken_have_come_no_frequency_is_set(target: float, units: list[Unit]) -> None:
    """Who hashes was stopped, or set anew, for what others were to bring: it was missing until these came."""
    woken = next((unit for unit in units if unit.running_at), None)
    assume(woken is not None)
    booting = [replace(unit, starting=True, waking=True) if unit is woken else unit for unit in units]
    allocation = share_out(Watts(target), booting, AT_REST)
    assert set_anew(allocation, units) == 0
    assert woken is None or woken.unit_id in allocation.points or target <= 0


def test_the_documents_two_miners_share_a_first_target_as_full_and_swing() -> None:
    allocation = share_out(Watts(2000.0), miners(None, None), AT_REST)
    assert [each.action for each in allocation.assignments] == [Action.FULL, Action.SWING]


def test_a_miner_that_starts_and_is_likely_to_come_is_counted_as_if_it_had() -> None:
    """A swing miner that made up for the tenth that is not certain had to be set again once it came."""
    units = [replace(unit, certainty=0.9) for unit in miners(None, None)]
    sure = share_out(Watts(2000.0), miners(None, None), AT_REST)
    assert share_out(Watts(2000.0), units, AT_REST).points == sure.points


def test_a_target_that_moves_at_once_is_shared_out_over_miners_that_start_at_once() -> None:
    at_once = Rules(PowerMode.FREQUENCY, start=StartStatistics(1.0, Seconds(0.0)), stands=Seconds(0.0))
    units = miners(650, None, None)
    assert set_anew(share_out(Watts(1000.0), units, at_once), units) == 0


def test_any_target_of_two_miners_is_shared_as_full_and_swing() -> None:
    allocation = share_out(Watts(2000.0), miners(None, None), MOVING)
    assert sorted(each.action for each in allocation.assignments) == [Action.FULL, Action.SWING]


@given(
    st.sampled_from(PowerMode),
    st.integers(3, 12),
    st.floats(0.1, 1),
    st.floats(0, 3600),
    st.floats(0.5, 1),
    st.floats(0, 300),
)
def test_whatever_starts_cost_a_fleet_that_sleeps_starts_whom_an_order_needs(
    mode: PowerMode, count: int, part: float, stands: float, probability: float, seconds: float
) -> None:
    """An EMS that tries the fleet, on and off and on within seconds, taught it that no start was worth it."""
    target = part * count * 1460
    start = StartStatistics(probability, Seconds(seconds))
    rules = Rules(mode, start=start, stands=Seconds(stands))
    allocation = share_out(Watts(target), miners(*[None] * count), rules)
    assert off(allocation, target) <= 0.75 * 1460
