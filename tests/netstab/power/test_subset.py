from dataclasses import replace
from itertools import combinations

from fleets import miner
from hypothesis import given
from hypothesis import strategies as st
from points import at

from netstab.power.subset import StartCost, better_subset
from netstab.power.unit import Unit
from netstab.units import Watts

FULL = at(650)


def fleet(*powers: int, running: int = 0) -> list[Unit]:
    return [
        replace(miner(place, 650 if place < running else None), rated_power=Watts(float(power)))
        for place, power in enumerate(powers)
    ]


def better(target: float, units: list[Unit], share: float = 0.0, wear: float = 0.0) -> set[str] | None:
    kept = [unit.unit_id for unit in units if unit.running_at is not None]
    found = better_subset(Watts(target), units, [FULL] * len(units), kept, StartCost(share, wear))
    return None if found is None else set(map(str, found))


def test_others_run_where_they_come_nearer() -> None:
    units = fleet(1000, 1500, 700, running=1)
    assert better(1500, units) == {units[1].unit_id}


def test_nobody_is_exchanged_for_less_than_the_start_costs() -> None:
    units = fleet(1450, 1500, 700, running=1)
    assert better(1500, units) == {units[1].unit_id}
    assert better(1500, units, wear=0.1) is None


def test_a_start_that_takes_as_long_as_the_target_stands_mends_nothing() -> None:
    units = fleet(1200, 1500, 700, running=1)
    assert better(1500, units, share=0.5) == {units[1].unit_id}
    assert better(1500, units, share=1.0) is None


def test_what_was_woken_runs_and_what_has_to_stay_stays() -> None:
    units = fleet(1000, 1500, 700, running=2)
    units[0] = replace(units[0], waking=True, starting=True)
    units[2] = replace(units[2], stays=True)
    assert better(1500, units) == {units[0].unit_id}


def test_one_that_failed_lately_takes_no_place_of_one_that_runs() -> None:
    units = fleet(1000, 1500, 700, running=1)
    units[1] = replace(units[1], certainty=0.2)
    assert better(1500, units) == {units[0].unit_id, units[2].unit_id}


@given(st.lists(st.integers(600, 1600), min_size=3, max_size=7), st.floats(0.1, 1.0))
def test_no_other_choice_comes_nearer(powers: list[int], share: float) -> None:
    units, target = fleet(*powers), share * sum(powers)
    found = better(target, units)
    chosen = sum(power for power, unit in zip(powers, units, strict=True) if unit.unit_id in (found or set()))
    sums = [sum(each) for count in range(len(powers) + 1) for each in combinations(powers, count)]
    assert abs(chosen - target) <= min(abs(each - target) for each in sums) + 0.005 * target + 1e-6
