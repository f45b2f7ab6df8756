"""What is published says what the fleet is, in numbers that are numbers."""

import json

from stub_fleet import two_miners

from netstab.fronts.mqtt.discovery import discovery
from netstab.fronts.mqtt.documents import dated, encoded, state
from netstab.fronts.mqtt.topics import Topics
from netstab.fronts.reading import reading_of
from netstab.units import Watts

TOPICS = Topics("netstab/site1", "homeassistant")


def test_the_state_has_every_key_and_a_target_of_zero_in_standby() -> None:
    reading = reading_of(two_miners(), 12.345)
    told = json.loads(encoded(dated(state(reading), reading.at)))
    assert told == {
        "state": "active",
        "run": "OFF",
        "available": "ON",
        "override": "OFF",
        "failsafe": "OFF",
        "rated_kw": 2.92,
        "active_kw": 2.92,
        "target_kw": 0.0,
        "energy_kwh": 12.345,
        "miners": {"registered": 2, "online": 2, "hashing": 2},
        "errors": [],
        "updated": "2026-01-20T14:30:00.000Z",
    }


def test_what_is_wrong_is_told_within_bounds() -> None:
    told = state(reading_of(two_miners(errors=("x" * 1000,) * 1000)))
    assert len(told["errors"]) == 10
    assert {len(error) for error in told["errors"]} == {300}


def test_the_device_has_an_id_that_home_assistant_takes_and_every_entity_one_of_its_own() -> None:
    topics = Topics("Halle 3/Süd", "homeassistant")
    assert topics.discovery == "homeassistant/device/Halle_3_S_d/config"
    document = discovery(topics, Watts(2920.7), "1.0")
    components = document["cmps"].values()
    assert len({one["unique_id"] for one in components}) == len(components)
    assert document["cmps"]["target"]["max"] == 2.92
    assert document["cmps"]["target"]["command_topic"] == "Halle 3/Süd/target/set"


def test_every_entity_reads_what_the_state_has() -> None:
    told = state(reading_of(two_miners()))
    templates = [one["value_template"] for one in discovery(TOPICS, Watts(2920.0), "1.0")["cmps"].values()]
    assert {template[len("{{ value_json.") : -len(" }}")] for template in templates} <= told.keys()


def test_a_fleet_without_miners_can_be_announced() -> None:
    target = discovery(TOPICS, Watts(0.0), "1.0")["cmps"]["target"]
    assert target["min"] < target["max"]
