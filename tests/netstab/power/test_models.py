from itertools import pairwise

import pytest

from netstab.power.models import ANTMINER_S9, MODELS, model_named
from netstab.units import Megahertz, Watts

OTHERS = ("", "unknown", "Antminer S19 Pro", "Antminer L3+", "Avalon Q", "antminer s9")


@pytest.mark.parametrize("name", OTHERS)
def test_no_model_is_taken_for_another_because_nothing_better_is_known(name: str) -> None:
    model = model_named(name)
    assert (model.name, model.known) == (name, False)
    assert (model.rated_power, model.idle_power, model.boards, model.chips) == (0, 0, 0, 0)
    assert (model.frequencies, model.full_frequency) == ((), 0)
    point = model.curve.at(650)
    assert (point.power, point.hashrate, point.voltage) == (0, 0, 0)


def test_what_a_miner_of_an_unknown_model_draws_is_its_rating_and_nothing_else() -> None:
    assert model_named("Antminer S19").drawn_at(Megahertz(500), Watts(3250.0)) == 3250
    assert model_named("Antminer S19").drawn_at(Megahertz(500), Watts(0.0)) == 0
    assert ANTMINER_S9.drawn_at(Megahertz(500), Watts(730.0)) == 500


def test_every_known_model_can_be_driven_over_its_whole_curve() -> None:
    for model in MODELS.values():
        assert model.known
        powers = [model.curve.power_at(frequency) for frequency in model.frequencies]
        assert all(low < high for low, high in pairwise(powers))
        assert model.idle_power < powers[0]
        assert powers[-1] < model.most_power
