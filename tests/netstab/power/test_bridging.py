"""What units that are tuned draw for those that start."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_units import TUNED, fleet_of, fleets, on_off

from netstab.power.allocation import PowerMode, allocate
from netstab.power.bridging import Points, bridged, lent
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
    assert told.keys() == points.keys()
    assert all(told[each] == points[each] for each in points.keys() - free)
    assert not free & points.keys() or shift >= 0
