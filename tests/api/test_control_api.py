"""What an operator commands."""

from typing import Any

import pytest
from dashboard import BASE, ONE, refused, send
from falcon.testing.client import TestClient
from stub_fleet import StubFleet

from events.commands import (
    ApplyPower,
    ControlMiner,
    MinerAction,
    SetFrequency,
    SetOverride,
    SetPowerMode,
)
from events.state import Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, Volts, Watts


@pytest.mark.parametrize(
    ("path", "body", "command", "answer"),
    [
        (
            "/override",
            {"enabled": True, "target_power_kw": 1.5},
            SetOverride(True, Watts(1500.0)),
            {"override_active": True},
        ),
        ("/override", {"enabled": True}, SetOverride(True, None), {"override_active": True}),
        (
            "/override",
            {"enabled": False, "target_power_kw": 1.5},
            SetOverride(False, None),
            {"override_active": False},
        ),
        ("/power-mode", {"mode": "frequency"}, SetPowerMode(PowerMode.FREQUENCY), {"mode": "frequency"}),
        ("/power/apply", {"target_power_kw": 2.0}, ApplyPower(Watts(2000.0)), {"target_power_kw": 2.0}),
    ],
)
def test_a_command_reaches_the_fleet_and_its_words_the_operator(
    client: TestClient,
    fleet: StubFleet,
    path: str,
    body: dict[str, Any],
    command: SetOverride | SetPowerMode | ApplyPower,
    answer: dict[str, Any],
) -> None:
    given = send(client, path, body)
    assert given.status_code == 200
    assert given.json == {"success": True, "message": "as worded by the fleet", **answer}
    assert fleet.given == [(command, Source.DASHBOARD, "127.0.0.1")]


def test_a_miner_takes_an_action(client: TestClient, fleet: StubFleet) -> None:
    answer = send(client, f"/miners/{ONE}/control", {"action": "stop"})
    assert answer.json == {
        "success": True,
        "miner_id": ONE,
        "action": "stop",
        "message": "Miner stopped successfully",
    }
    assert fleet.given[0][0] == ControlMiner(ONE, MinerAction.STOP)


def test_a_frequency_is_set_with_the_curves_voltage_where_none_is_given(
    client: TestClient, fleet: StubFleet
) -> None:
    answer = send(client, "/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 550})
    assert answer.json == {
        "success": True,
        "message": "Frequency set to 550 MHz",
        "miner_ip": ONE,
        "frequency_mhz": 550,
        "voltage": 8.6,
        "estimated_power_watts": 1140,
    }
    send(client, "/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 700, "voltage": 9.0})
    assert [given[0] for given in fleet.given] == [
        SetFrequency(ONE, Megahertz(550), None),
        SetFrequency(ONE, Megahertz(700), Volts(9.0)),
    ]


def test_find_mode_is_toggled(client: TestClient, fleet: StubFleet) -> None:
    answer = client.simulate_post(f"{BASE}/miner/{ONE}/blink")
    assert answer.json == {
        "success": True,
        "miner_ip": ONE,
        "message": "Find mode toggled",
        "is_enabled": True,
    }


@pytest.mark.parametrize(
    ("code", "status"), [("MINER_REFUSED", 409), ("MINER_UNREACHABLE", 503), ("MINER_TIMEOUT", 503)]
)
def test_a_miner_that_does_not_take_an_action_is_no_success(
    client: TestClient, fleet: StubFleet, code: str, status: int
) -> None:
    fleet.refuse_with = CommandRejected(ErrorCode(code), f"{ONE}: the miner's own reason.")
    assert refused(send(client, f"/miners/{ONE}/control", {"action": "reboot"}), status, code, "reason")
