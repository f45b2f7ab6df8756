"""What becomes of a miner's entry when it is looked at again."""

from dataclasses import replace
from typing import Any

import pytest

from actors.discovery.registration import registration, works_alike
from actors.discovery.scan import Sighting, nothing_at
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.port import Activity, Endpoint, Firmware, Identity, Reading
from netstab.power.unit import Capabilities, OperatingPoint, PowerRange
from netstab.units import GigahashPerSecond, Megahertz, MinerId, WallTime, Watts

ENDPOINT = Endpoint(MinerId("127.0.0.9"), 4028, 80)
IDENTITY = Identity(
    "Antminer S9", Firmware.VNISH, "3.9.0", "02:00:7f:00:00:09", "rack-1", 600, ANTMINER_S9.capabilities
)
FOUND, LATER = WallTime(1000.0), WallTime(2000.0)


def seen(identity: Identity | None = IDENTITY, endpoint: Endpoint = ENDPOINT) -> Sighting:
    return Sighting(endpoint, identity, None)


KNOWN = registration(seen(), None, None, WallTime(FOUND))


def test_a_miner_joins_with_the_rating_of_its_model_and_the_frequency_it_came_with() -> None:
    assert (KNOWN.rated_power, KNOWN.home_frequency, KNOWN.controllable) == (1460.0, 600.0, True)
    assert KNOWN.registered_at == FOUND


def test_nothing_new_is_equal_to_what_is_known() -> None:
    assert registration(seen(), KNOWN, None, LATER) == KNOWN
    assert registration(seen(identity=None), KNOWN, None, LATER) == KNOWN


def test_the_frequency_that_it_runs_at_now_may_be_of_our_making_and_does_not_become_its_home() -> None:
    assert registration(seen(replace(IDENTITY, setting=Megahertz(300))), KNOWN, None, LATER) == KNOWN


def test_another_machine_at_the_same_address_brings_its_own_setting() -> None:
    other = replace(IDENTITY, mac="02:00:7f:00:00:0a", setting=Megahertz(500))
    assert registration(seen(other), KNOWN, None, LATER).home_frequency == 500


def test_an_identity_read_past_a_dead_web_server_takes_nothing_away() -> None:
    past = Identity("Antminer S9", Firmware.VNISH, "", "", "", None, ANTMINER_S9.capabilities)
    assert registration(seen(past), KNOWN, None, LATER) == KNOWN


def test_an_operators_rating_stays_until_another_is_given() -> None:
    rated = registration(seen(), KNOWN, Watts(1300.0), LATER)
    assert registration(seen(), rated, None, LATER).rated_power == 1300.0
    assert registration(seen(), rated, Watts(1250.0), LATER).rated_power == 1250.0


def test_a_miner_that_does_not_answer_is_registered_and_not_controlled_until_it_does() -> None:
    silent = registration(nothing_at(ENDPOINT), None, Watts(1400.0), WallTime(FOUND))
    assert (silent.firmware, silent.controllable, silent.home_frequency) == (Firmware.UNKNOWN, False, None)
    identified = registration(seen(), silent, None, LATER)
    assert (identified.firmware, identified.controllable) == (Firmware.VNISH, True)
    assert (identified.home_frequency, identified.registered_at) == (600.0, FOUND)
    assert (silent.answered, identified.answered, identified.rated_power) == (False, True, 1400.0)


def test_a_miner_that_has_answered_once_did_so_for_ever() -> None:
    assert registration(nothing_at(ENDPOINT), KNOWN, None, LATER) == KNOWN
    silent = registration(nothing_at(ENDPOINT), None, None, WallTime(FOUND))
    assert registration(nothing_at(ENDPOINT), silent, None, LATER) == silent
    assert registration(seen(identity=None), silent, None, LATER).answered  # it refuses our password


def test_a_look_that_told_less_than_all_is_provisional_and_takes_nothing_away() -> None:
    half = replace(
        IDENTITY, setting=None, capabilities=Capabilities(), firmware=Firmware.UNKNOWN, provisional=True
    )
    assert registration(seen(half), None, None, FOUND).provisional
    assert registration(seen(half), KNOWN, None, LATER) == KNOWN
    assert not registration(
        seen(), registration(seen(half), None, None, WallTime(FOUND)), None, LATER
    ).provisional
    other = registration(seen(replace(half, mac="02:00:7f:00:00:0a")), KNOWN, None, LATER)
    assert (other.controllable, other.provisional) == (False, True)


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        ({"hostname": "rack-2"}, True),
        ({"rated_power": Watts(1300.0)}, True),
        ({"firmware_version": "3.9.2"}, True),
        ({"home_frequency": Megahertz(500)}, False),
        ({"firmware": Firmware.STOCK}, False),
        ({"api_port": 4029}, False),
        ({"http_port": 8080}, False),
    ],
)
def test_an_actor_goes_on_as_long_as_what_it_works_with_is_the_same(
    change: dict[str, Any], alike: bool
) -> None:
    assert works_alike(KNOWN, replace(KNOWN, **change)) is alike


# A model of which nothing is known

S19 = replace(IDENTITY, model="Antminer S19 Pro", firmware=Firmware.STOCK, capabilities=Capabilities())


def hashing(power: float, uncertain: str = "") -> Reading:
    return Reading(
        Activity.HASHING, Watts(power), GigahashPerSecond(110_000.0), None, None, (), (), uncertain=uncertain
    )


def test_a_miner_of_an_unknown_model_is_rated_by_its_own_reading() -> None:
    known = registration(Sighting(ENDPOINT, S19, hashing(3251.4)), None, None, WallTime(FOUND))
    assert (known.model, known.rated_power, known.controllable) == ("Antminer S19 Pro", 3251.0, False)


@pytest.mark.parametrize("reading", [None, hashing(0.0, "it gives no figure of its power")])
def test_a_miner_of_an_unknown_model_that_gives_no_figure_is_rated_nothing(reading: Reading | None) -> None:
    known = registration(Sighting(ENDPOINT, S19, reading), None, None, WallTime(FOUND))
    assert known.rated_power == 0.0
    assert registration(Sighting(ENDPOINT, S19, hashing(3250.0)), known, None, LATER).rated_power == 3250.0


WATTS = PowerRange(Watts(1000.0), Watts(3400.0), Watts(1.0), GigahashPerSecond(120_000.0))
RANGE = Capabilities(switchable=True, range=WATTS, restarts_on_change=False)


def test_what_a_device_tells_of_its_range_is_kept_and_rates_it_whatever_it_draws_now() -> None:
    told = replace(IDENTITY, model="Range 3400", capabilities=RANGE)
    known = registration(Sighting(ENDPOINT, told, hashing(2000.0)), None, None, FOUND)
    assert (known.rated_power, known.controllable, known.capabilities) == (3400.0, True, RANGE)
    assert (known.points, known.not_controllable) == (RANGE, None)
    narrower = replace(RANGE, range=replace(WATTS, highest=Watts(3000.0)))
    again_seen = seen(replace(told, capabilities=narrower))
    again = registration(again_seen, known, None, LATER)
    assert (again.capabilities, again.rated_power) == (narrower, 3000.0)
    assert not works_alike(known, again)
    by_hand = replace(known, rated_power=Watts(3300.0))
    assert registration(again_seen, by_hand, None, LATER).rated_power == 3300.0


SWITCHED = Capabilities(
    switchable=True, steps=(OperatingPoint(Watts(3250.0), GigahashPerSecond(110_000.0), "as set"),)
)


def test_a_machine_that_was_only_read_is_driven_once_a_full_look_knows_how_and_its_password_is_ours() -> None:
    only_read = registration(Sighting(ENDPOINT, S19, hashing(3251.4)), None, None, WallTime(FOUND))
    assert registration(seen(identity=None), only_read, None, LATER) == only_read
    half = replace(S19, provisional=True)
    assert registration(seen(half), only_read, None, LATER) == only_read
    driven = registration(seen(replace(S19, setting="as set", capabilities=SWITCHED)), only_read, None, LATER)
    assert (driven.controllable, driven.not_controllable) == (True, None)
    assert driven.point_of(driven.home_frequency) == driven.points.full_point


def test_a_frequency_that_it_had_with_other_firmware_is_not_taken_for_watts() -> None:
    before = registration(seen(S19), None, None, WallTime(FOUND))
    braiins = replace(IDENTITY, firmware=Firmware.BRAIINS, setting=3000, capabilities=RANGE)
    assert (before.home_frequency, registration(seen(braiins), before, None, LATER).home_frequency) == (
        600,
        3000,
    )


def test_an_unknown_or_locked_device_is_what_it_is_and_rated_nothing_until_it_is_known() -> None:
    locked = registration(seen(identity=None), None, None, WallTime(FOUND))
    assert (locked.model, locked.firmware, locked.rated_power) == ("unknown", Firmware.UNKNOWN, 0.0)
    assert "MINER_PASSWORD" in (locked.not_controllable or "")
    assert registration(seen(), locked, None, LATER).rated_power == 1460.0
    assert not registration(seen(), locked, None, LATER).locked
    by_hand = registration(seen(identity=None), None, Watts(1300.0), WallTime(FOUND))
    assert registration(seen(), by_hand, None, LATER).rated_power == 1300.0


def test_one_added_while_it_was_silent_is_locked_once_it_refuses_our_password() -> None:
    silent = registration(nothing_at(ENDPOINT), None, None, WallTime(FOUND))
    assert silent.not_controllable == "its model is not known"
    assert registration(seen(identity=None), silent, None, LATER).locked
    assert not registration(seen(identity=None), KNOWN, None, LATER).locked


def test_the_s9s_rating_that_an_earlier_version_gave_to_another_model_does_not_stay() -> None:
    old = replace(KNOWN, model="Antminer L3", firmware=Firmware.VNISH, controllable=True)
    looked_at = replace(IDENTITY, model="Antminer L3+", capabilities=Capabilities())
    known = registration(seen(looked_at), old, None, LATER)
    assert (known.model, known.rated_power, known.controllable) == ("Antminer L3+", 0.0, False)
