"""A machine's own tuning: on/off mode leaves it alone, and what was changed of it is put back."""

import json
import signal
from functools import partial
from typing import Any

import pytest
from harness import Api, NewController, NewFleet, NewProcess, asleep, commands, hashing, wait_until

from netstab.simulation.device import Device
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import MinerId

OWN_TUNINGS = (
    {"bitmain-autodownscale-profile": "3"},  # a preset: 550 MHz, whatever `bitmain-freq` says
    {"bitmain-freq1": "600", "bitmain-freq2": "625", "bitmain-voltage3": "900"},
    {"bitmain-freq": "525", "bitmain-voltage": "870", "bitmain-chip-freq": ":".join(["1"] * 189)},
)


def conf(fleet: SimulatedFleet, miner_id: MinerId) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(fleet.inspect(miner_id).conf)
    return parsed


def tuned(fleet: SimulatedFleet) -> list[dict[str, Any]]:
    """Have each miner set as some owner would; gives the configurations."""
    for miner_id, tuning in zip(fleet.miners, OWN_TUNINGS, strict=True):
        stored = json.dumps(conf(fleet, miner_id) | tuning)
        fleet.tamper(miner_id, partial(Device.store, text=stored))
    return confs(fleet)


def confs(fleet: SimulatedFleet) -> list[dict[str, Any]]:
    return [conf(fleet, miner_id) for miner_id in fleet.miners]


def set_mode(controller: Api, mode: str) -> None:
    assert controller.tell("/dashboard/api/power-mode", {"mode": mode})["success"]


def writes(fleet: SimulatedFleet) -> list[str]:
    return [request.text for request in commands(fleet) if "set_miner_conf" in request.text]


@pytest.mark.parametrize("sleeping", [True, False])
def test_on_off_mode_never_writes_a_configuration(
    new_fleet: NewFleet, new_controller: NewController, sleeping: bool
) -> None:
    fleet = new_fleet(3, asleep=sleeping)
    before = tuned(fleet)
    controller = new_controller(fleet)
    controller.wait_for_miners(3)
    for _ in range(2):
        controller.activate(4.38)
        wait_until(lambda: hashing(fleet) == 3)
        controller.deactivate()
        wait_until(lambda: asleep(fleet))
    assert writes(fleet) == []
    assert confs(fleet) == before


def test_a_preset_is_expected_to_draw_what_it_draws(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(1)
    (miner,) = fleet.miners
    stored = json.dumps(conf(fleet, miner) | OWN_TUNINGS[0])
    fleet.tamper(miner, lambda device: device.store(stored))
    controller = new_controller(fleet)
    controller.wait_for_miners(1)
    controller.activate(1.46)
    controller.wait_for(mining_miners=1)
    expected = controller.read("/dashboard/api/dispatch")["expected_power_kw"]
    assert expected == pytest.approx(fleet.inspect(miner).power / 1000, rel=0.1)


def test_what_frequency_mode_changed_is_put_back_after_a_restart_of_the_server(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(3)
    before = tuned(fleet)
    server = new_process(fleet, POWER_CONTROL_MODE="frequency")
    controller = server.start()
    controller.wait_for_miners(3)
    controller.activate(4.38)
    wait_until(lambda: [each["bitmain-freq"] for each in confs(fleet)].count("650") == 3)
    wait_until(lambda: all(fleet.inspect(id_).frequency == 650 for id_ in fleet.miners))
    controller.deactivate()
    wait_until(lambda: asleep(fleet))
    server.end(signal.SIGKILL)
    controller = server.start()
    controller.wait_for_miners(3)
    assert confs(fleet) != before
    set_mode(controller, "on_off")
    controller.activate(4.38)
    wait_until(lambda: hashing(fleet) == 3)
    assert confs(fleet) == before
    wait_until(lambda: controller.status()["state"] == "active")
    written = writes(fleet)
    controller.deactivate()
    wait_until(lambda: asleep(fleet))
    controller.activate(4.38)
    wait_until(lambda: hashing(fleet) == 3)
    assert writes(fleet) == written


def test_what_an_operator_changed_is_put_back_by_his_start(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(3, asleep=False)
    before = tuned(fleet)
    controller = new_controller(fleet)
    controller.wait_for_miners(3)
    miner = fleet.miners[0]
    controller.tell("/dashboard/api/power/set-frequency", {"miner_ip": miner, "frequency_mhz": 475})
    wait_until(lambda: hashing(fleet) == 3 and fleet.inspect(miner).frequency == 475)
    controller.wait_for(mining_miners=3)
    controller.tell(f"/dashboard/api/miners/{miner}/control", {"action": "start"})
    wait_until(lambda: confs(fleet) == before)
