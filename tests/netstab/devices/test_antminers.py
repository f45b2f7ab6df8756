"""The table of Antminers: what every firmware that runs on them takes its ratings from."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.devices.antminers import ANTMINERS, antminer_named
from netstab.devices.models import MODELS
from netstab.units import Watts

SPELLINGS = {
    "Antminer S19 Pro": "Antminer S19 Pro",
    "Antminer S19J PRO": "Antminer S19j Pro",
    "S19k Pro": "Antminer S19k Pro",
    "Bitmain Antminer S21 Pro": "Antminer S21 Pro",
    "Antminer S21 Pro (Vnish 1.2.7)": "Antminer S21 Pro",
    "Antminer S19 XP Hydro": "Antminer S19 XP Hyd.",
    "Antminer S19 XP Hyd.": "Antminer S19 XP Hyd.",
    "s19j_pro_plus": "Antminer S19j Pro+",
    "ANTMINER T21": "Antminer T21",
}


@pytest.mark.parametrize(("told", "meant"), SPELLINGS.items())
def test_a_model_is_known_however_its_firmware_spells_it(told: str, meant: str) -> None:
    found = antminer_named(told)
    assert found is not None
    assert found.name == meant


OTHERS = ("", "Antminer", "unknown", "Antminer S9", "S9j", "Antminer L7", "Antminer S19 Pro 2", "M30S", "S1")


@pytest.mark.parametrize("told", OTHERS)
def test_what_is_not_listed_is_taken_for_none_of_them(told: str) -> None:
    assert antminer_named(told) is None


def test_every_model_is_listed_once_and_has_the_efficiency_of_its_time() -> None:
    assert len({model.name for model in ANTMINERS}) == len(ANTMINERS)
    for model in ANTMINERS:
        assert antminer_named(model.name) is model
        assert antminer_named(model.short_name.upper()) is model
        assert 1500 < model.power < 6000
        assert 9 < model.power / model.hashrate * 1000 < 56, "J/TH"
        assert model.hashrate_at(Watts(model.power / 2)) == model.hashrate / 2
    assert not MODELS.keys() & {model.name for model in ANTMINERS}, "those are driven by their frequency"


@given(st.text(max_size=300))
def test_no_name_costs_more_than_a_moment(name: str) -> None:
    began = time.process_time()
    found = antminer_named(name)
    assert found is None or found in ANTMINERS
    assert time.process_time() - began < 0.5


def test_a_name_of_brackets_alone_is_read_in_a_moment() -> None:
    began = time.process_time()
    assert antminer_named("(" * 100_000) is None
    assert time.process_time() - began < 0.5
