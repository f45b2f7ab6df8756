"""Who of whole miners is stopped while others come up."""

from dataclasses import replace

import pytest
from fleets import miner

from netstab.power.allocation import PowerMode, allocate
from netstab.power.unit import Unit
from netstab.units import Watts


def hashing(*risen: float) -> list[Unit]:
    return [
        replace(miner(number, 650), rising=Watts(1460 * (1 - each))) for number, each in enumerate(risen, 1)
    ]


def kept(target: float, units: list[Unit]) -> list[float]:
    points = allocate(Watts(target), units, mode=PowerMode.ON_OFF).points
    return [1 - unit.rising / 1460 for unit in units if unit.unit_id in points]


def test_who_comes_up_counts_with_what_it_draws_by_now() -> None:
    assert kept(3 * 1460.0, hashing(1.0, 1.0, 0.25, 0.25, 0.25, 0.25)) == [1.0, 1.0, 0.25, 0.25]


def test_who_has_come_up_least_is_stopped_first() -> None:
    assert kept(3 * 1460.0, hashing(0.5, 1.0, 0.75, 1.0, 1.0)) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("risen", [0.0, 0.5, 1.0])
def test_nobody_is_started_for_what_comes_up(risen: float) -> None:
    units = [*hashing(risen, risen, risen), *(miner(number) for number in range(4, 8))]
    points = allocate(Watts(3 * 1460.0), units, mode=PowerMode.ON_OFF).points
    assert points.keys() == {unit.unit_id for unit in units[:3]}
