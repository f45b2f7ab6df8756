from itertools import pairwise

import pytest
from values import registered

from netstab.devices.antminer.s9 import ANTMINER_S9, FREQUENCIES, POWER_CURVE, frequency_of, voltage_of
from netstab.devices.models import MODELS, model_named
from netstab.devices.port import Firmware
from netstab.power.unit import Capabilities, drawn_at
from netstab.units import Megahertz, Watts

OTHERS = ("", "unknown", "Antminer S19 Pro", "Antminer L3+", "Avalon Q", "antminer s9")


@pytest.mark.parametrize("name", OTHERS)
def test_no_model_is_taken_for_another_because_nothing_better_is_known(name: str) -> None:
    model = model_named(name)
    assert (model.name, model.known, model.capabilities.controllable) == (name, False, False)
    assert (model.rated_power, model.idle_power, model.boards, model.chips) == (0.0, 0.0, 0, 0)
    assert (model.capabilities.full_point, model.capabilities.point_of(650)) == (None, None)


def test_what_a_miner_of_an_unknown_model_draws_is_its_rating_and_nothing_else() -> None:
    other = model_named("Antminer S19").capabilities
    assert drawn_at(other, other.point_of(500), Watts(3250.0)) == 3250.0
    assert drawn_at(other, other.point_of(500), Watts(0.0)) == 0.0


def test_every_known_model_can_be_driven_over_all_its_points() -> None:
    for model in MODELS.values():
        assert model.known
        powers = [point.power for point in model.capabilities.steps]
        assert all(low < high for low, high in pairwise(powers))
        assert model.idle_power < powers[0]
        assert powers[-1] == model.rated_power < model.most_power


def test_the_points_of_an_s9_are_those_of_its_curve_at_any_frequency() -> None:
    for frequency in (100, 312, *FREQUENCIES, 700, 1175):
        point, documented = ANTMINER_S9.capabilities.point_of(frequency), POWER_CURVE.at(frequency)
        assert point is not None
        assert point.power == pytest.approx(documented.power)
        assert point.hashrate == pytest.approx(documented.hashrate)


def test_only_a_number_is_a_frequency() -> None:
    found = registered("127.0.1.1")
    assert (frequency_of(found, 650), frequency_of(found, "profile 3"), frequency_of(found, None)) == (
        650,
        None,
        None,
    )


def test_a_number_of_a_unit_that_tells_what_it_can_be_told_is_no_frequency() -> None:
    told = registered("127.0.1.1", firmware=Firmware.UNKNOWN, capabilities=Capabilities(switchable=True))
    assert frequency_of(told, 650) is None


def test_the_voltage_of_a_curve_is_lent_to_no_other_model() -> None:
    assert (voltage_of("Antminer S9j", Megahertz(650)), voltage_of("Antminer S9", Megahertz(0))) == (8.8, 0.0)
    assert voltage_of("Antminer S19", Megahertz(650)) is None
