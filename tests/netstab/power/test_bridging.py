"""What units that hash draw for those that start."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from fleets import miner
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_units import TUNED, WHOLE, fleet_of, fleets, on_off
from points import at

from netstab.power.allocation import PowerMode, allocate
from netstab.power.bridging import Points, awaited, bridged, lent
from netstab.power.unit import Unit
from netstab.units import UNLIMITED, Watts

NONE = Watts(0.0)


def drawn_now(fleet: Sequence[Unit], points: Points) -> float:
    """What all draw before any of those has come that start."""
    hashing = {one.unit_id for one in fleet if one.running_at is not None and not one.waking}
    return sum(
        one.power_at(points[one.unit_id])
        if one.unit_id in points and one.unit_id in hashing
        else one.idle_power
        for one in fleet
    )


def four_and_one_that_starts() -> list[Unit]:
    lowest = TUNED.lowest_point
    fleet = [replace(one, running_at=lowest) for one in fleet_of(*[TUNED] * 5)]
    return [*fleet[:4], replace(fleet[4], waking=True)]


def test_units_that_hash_draw_what_those_that_start_do_not_yet() -> None:
    fleet = four_and_one_that_starts()
    points = on_off(12_000, fleet).points
    shift = lent(NONE, UNLIMITED, fleet, points, 0.0)
    assert drawn_now(fleet, points) < 12_000 == drawn_now(fleet, bridged(shift, fleet, points, 0.0))


def test_units_that_are_tuned_draw_what_boards_that_come_up_do_not_yet() -> None:
    fleet = fleet_of(TUNED, WHOLE)
    fleet = [replace(one, running_at=one.full_point) for one in fleet]
    points = on_off(fleet[1].power_at(fleet[1].full_point) + 2_000, fleet).points
    rising = [fleet[0], replace(fleet[1], rising=Watts(600.0))]
    assert awaited(rising, points) == Watts(600.0)
    assert lent(NONE, UNLIMITED, rising, points, 0.0) == Watts(600.0)


def test_no_more_is_drawn_than_is_allowed_when_those_that_start_have_come() -> None:
    fleet = four_and_one_that_starts()
    points = on_off(12_000, fleet).points
    told = bridged(lent(NONE, Watts(500.0), fleet, points, 0.0), fleet, points, 0.0)
    assert sum(one.power_at(told[one.unit_id]) for one in fleet) == Watts(12_500.0)


def test_what_is_wanted_ahead_is_not_drawn_before_it_is_due() -> None:
    fleet = [replace(one, running_at=TUNED.full_point) for one in fleet_of(*[TUNED] * 4)]
    points = on_off(12_000, fleet).points
    told = bridged(lent(Watts(-400.0), UNLIMITED, fleet, points, 0.0), fleet, points, 0.0)
    assert drawn_now(fleet, told) == 11_600


def test_asked_again_as_it_was_told_it_tells_the_same() -> None:
    fleet = four_and_one_that_starts()
    points = on_off(12_000, fleet).points
    told = bridged(lent(NONE, UNLIMITED, fleet, points, 0.0), fleet, points, 0.0)
    after = [replace(one, running_at=told[one.unit_id]) for one in fleet]
    again = on_off(12_000, after).points
    assert bridged(lent(NONE, UNLIMITED, after, again, 0.0), after, again, 0.0) == told


@settings(max_examples=300)
@given(
    st.integers(1, 15_000),
    fleets(),
    st.sampled_from(PowerMode),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_only_units_that_hash_and_are_free_to_be_tuned_are_moved(
    target: float, fleet: list[Unit], mode: PowerMode, waking: list[bool]
) -> None:
    marked = zip(fleet, waking, strict=False)
    fleet = [replace(one, waking=one.running_at is not None and wakes) for one, wakes in marked]
    points = allocate(Watts(float(target)), fleet, mode=mode).points
    shift = lent(NONE, UNLIMITED, fleet, points, 0.0)
    told = bridged(shift, fleet, points, 0.0)
    free = {
        one.unit_id
        for one in fleet
        if one.tunes_freely and not one.stays and one.running_at is not None and not one.waking
    }
    assert told.keys() == points.keys() or not any(one.tunes_freely for one in fleet)
    assert all(told[each] == points[each] for each in points.keys() - free)
    assert not free & points.keys() or shift >= 0


def whole_fleet(*powers: int, hashing: Collection[int]) -> list[Unit]:
    return [
        replace(miner(place, 650 if place in hashing else None), rated_power=Watts(float(power)))
        for place, power in enumerate(powers)
    ]


def test_of_a_few_whole_miners_those_whose_place_others_take_run_on_until_these_have_come() -> None:
    fleet = whole_fleet(1000, 1500, 700, hashing=[0])
    points: Points = {fleet[1].unit_id: at(650)}
    shift = lent(NONE, UNLIMITED, fleet, points, 0.0)
    assert shift == Watts(1000.0)
    assert bridged(shift, fleet, points, 0.0).keys() == {fleet[0].unit_id, fleet[1].unit_id}
    come = [fleet[0], replace(fleet[1], running_at=at(650)), fleet[2]]
    assert lent(NONE, UNLIMITED, come, points, 0.0) == NONE


def test_nobody_runs_on_above_a_limit_or_for_what_is_not_missing() -> None:
    fleet = whole_fleet(1000, 1500, 700, hashing=[0, 2])
    points: Points = {fleet[1].unit_id: at(650)}
    assert lent(NONE, Watts(800.0), fleet, points, 0.0) == Watts(700.0)
    assert lent(Watts(-1500.0), UNLIMITED, fleet, points, 0.0) == NONE


def test_of_many_whole_miners_none_runs_on() -> None:
    fleet = whole_fleet(*[1000] * 12, hashing=[0])
    assert lent(NONE, UNLIMITED, fleet, {fleet[1].unit_id: at(650)}, 0.0) == NONE
