"""The power of miners, and what a target would mean."""

from dataclasses import replace

import pytest
from dashboard import ONE, get, refused, send
from falcon.testing.client import TestClient
from stub_fleet import (
    StubFleet,
    asleep,
    fleet_snapshot,
    registered,
    report,
    unreachable,
)

from events.state import RegisteredMiner
from netstab.devices.port import Firmware
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Megahertz, Watts


def test_the_power_of_a_miner_is_that_of_its_frequency(client: TestClient, fleet: StubFleet) -> None:
    miners = (registered(ONE), registered("127.0.1.2"), registered("127.0.1.3"))
    fleet.snapshot = fleet_snapshot(
        miners, (report(ONE, setting=Megahertz(550)), asleep("127.0.1.2"), unreachable("127.0.1.3"))
    )
    assert get(client, f"/power/miner/{ONE}") == {
        "miner_ip": ONE,
        "frequency_mhz": 550,
        "voltage": 8.6,
        "estimated_power_watts": 1140,
        "estimated_power_kw": 1.14,
    }
    assert get(client, "/power/miner/127.0.1.2")["estimated_power_watts"] == 51
    assert get(client, "/power/miner/127.0.1.2")["frequency_mhz"] == 0
    assert get(client, "/power/miner/127.0.1.3")["frequency_mhz"] is None


def test_of_a_model_without_a_curve_no_power_is_estimated(client: TestClient, fleet: StubFleet) -> None:
    other = replace(registered(ONE), model="Antminer S19 Pro", rated_power=Watts(0.0), controllable=False)
    fleet.snapshot = fleet_snapshot((other,), (report(ONE, setting=Megahertz(525)),))
    assert get(client, f"/power/miner/{ONE}") == {
        "miner_ip": ONE,
        "frequency_mhz": 525,
        "voltage": None,
        "estimated_power_watts": None,
        "estimated_power_kw": None,
    }


def ranged(address: str) -> RegisteredMiner:
    """Return a unit that takes any power from 1 to 3.4 kW."""
    wide = PowerRange(Watts(1000.0), Watts(3400.0), Watts(10.0), GigahashPerSecond(120_000.0))
    told = Capabilities(switchable=True, range=wide, restarts_on_change=False)
    return registered(
        address, model="Range unit", firmware=Firmware.UNKNOWN, rated_power=Watts(3400.0), capabilities=told
    )


def test_a_unit_without_frequencies_is_shown_in_watts_alone(client: TestClient, fleet: StubFleet) -> None:
    fleet.snapshot = fleet_snapshot((ranged(ONE),), (report(ONE, setting=2500),))
    assert get(client, f"/power/miner/{ONE}") == {
        "miner_ip": ONE,
        "frequency_mhz": None,
        "voltage": None,
        "estimated_power_watts": 2500,
        "estimated_power_kw": 2.5,
    }
    answer = send(client, "/power/calculate", {"target_power_kw": 3.4})
    assert answer.json["allocation"] == [
        {"ip": ONE, "action": "full", "frequency": 0, "voltage": 0.0, "estimated_power": 3400}
    ]


def test_calculate_shows_every_miner_and_gives_no_command(client: TestClient, fleet: StubFleet) -> None:
    answer = send(client, "/power/calculate", {"target_power_kw": 1.46})
    assert answer.json["summary"] == {
        "full_miners": 1,
        "swing_miners": 0,
        "idle_miners": 1,
        "estimated_power_watts": 1511,
        "estimated_power_kw": 1.511,
    }
    by_action = {entry["action"]: entry for entry in answer.json["allocation"]}
    assert (by_action["idle"]["frequency"], by_action["idle"]["estimated_power"]) == (0, 51)
    assert (by_action["full"]["frequency"], by_action["full"]["voltage"]) == (650, 8.8)
    assert fleet.given == []


def test_calculate_names_the_target_that_was_asked_though_others_draw_a_part_of_it(
    client: TestClient, fleet: StubFleet
) -> None:
    miners = (registered(ONE), registered("127.0.1.2", controllable=False, firmware=Firmware.STOCK))
    fleet.snapshot = fleet_snapshot(miners, (report(ONE), report("127.0.1.2")))
    answer = send(client, "/power/calculate", {"target_power_kw": 2.92})
    assert answer.json["target_power_kw"] == 2.92
    assert [entry["ip"] for entry in answer.json["allocation"]] == [ONE]


@pytest.mark.parametrize("target", [2.9201, 1e308])
def test_calculate_refuses_a_target_above_the_rated_power(client: TestClient, target: float) -> None:
    answer = send(client, "/power/calculate", {"target_power_kw": target})
    assert refused(answer, 400, "INVALID_POWER", "Requested power exceeds rated limits.")


@pytest.mark.parametrize(("frequency", "warned"), [(650, False), (651, True)])
def test_a_frequency_above_the_models_is_taken_with_a_warning(
    client: TestClient, caplog: pytest.LogCaptureFixture, frequency: int, warned: bool
) -> None:
    body = {"miner_ip": ONE, "frequency_mhz": frequency}
    answer = client.simulate_post("/dashboard/api/power/set-frequency", json=body)
    assert answer.json["frequency_mhz"] == frequency
    assert ("above its 650" in caplog.text) is warned
