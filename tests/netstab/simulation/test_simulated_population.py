"""What simulated fleets are made of."""

from collections.abc import Callable

from netstab.simulation.device import Device
from netstab.simulation.population import draw_units
from netstab.simulation.profiles import DOCUMENT, FIELD


def test_a_document_fleet_is_healthy_and_close_to_the_curve() -> None:
    for unit in draw_units(DOCUMENT, 50, seed=1):
        assert (unit.stock, unit.locked, unit.chips, unit.frequency) == (False, False, (63, 63, 63), 650)
        assert 0.98 <= unit.power_factor <= 1.02


def test_a_field_fleet_has_the_site_s_mixture() -> None:
    units = draw_units(FIELD, 173, seed=3)
    assert sum(unit.locked for unit in units) == 1
    assert sum(unit.stock for unit in units) == 5
    assert 58 <= sum(unit.name == "Antminer S9" for unit in units) <= 63
    assert sum(0 in unit.chips for unit in units) == 30
    assert any(45 < chips < 59 for unit in units for chips in unit.chips)
    assert all(any(unit.chips) for unit in units)


def test_the_truth_is_mostly_5_to_20_percent_below_the_self_report(
    built: Callable[..., list[Device]],
) -> None:
    miners = [device.miner for device in built(100, FIELD) if device.unit.asicboost]
    ratios = [
        miner.power / sum(map(miner.board_power, range(3))) for miner in miners if all(miner.unit.chips)
    ]
    assert len(ratios) > 60
    assert all(0.79 < ratio < 0.95 for ratio in ratios)


def test_the_seed_decides_the_fleet() -> None:
    assert draw_units(FIELD, 40, seed=5) == draw_units(FIELD, 40, seed=5)
    assert draw_units(FIELD, 40, seed=5) != draw_units(FIELD, 40, seed=6)
