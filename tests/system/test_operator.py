"""An operator acts on single miners, and the miners themselves show it."""

import json
from typing import Any

import pytest
from harness import Controller, NewController, NewFleet, stays, wait_until

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage


def control(controller: Controller, miner_id: str, action: str, past: str) -> None:
    answer = controller.tell(f"/dashboard/api/miners/{miner_id}/control", {"action": action})
    assert answer == {
        "success": True,
        "miner_id": miner_id,
        "action": action,
        "message": f"Miner {past} successfully",
    }


def conf(fleet: SimulatedFleet, miner_id: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(fleet.inspect(miner_id).conf)
    return parsed


def test_a_stopped_miner_is_replaced_and_left_alone_until_it_is_started(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(3)
    controller = new_controller(fleet)
    controller.wait_for_miners(3)
    controller.activate(2.92)
    controller.wait_for(state="active", mining_miners=2)
    stopped = next(id_ for id_ in fleet.miners if fleet.inspect(id_).stage is Stage.HASHING)
    (spare,) = (id_ for id_ in fleet.miners if fleet.inspect(id_).stage is Stage.DOWN)
    control(controller, stopped, "stop", "stopped")
    wait_until(lambda: fleet.inspect(spare).stage is Stage.HASHING)
    assert fleet.inspect(stopped).stage is Stage.DOWN
    assert controller.actor(stopped)["hold"]["kind"] == "stopped"
    assert controller.activate(4.38).endswith(
        "(2 miners at full power; 1409W short, 1 miner passed over: 1 held)"
    )
    assert stays(lambda: fleet.inspect(stopped).stage is Stage.DOWN, during=1.2)
    control(controller, stopped, "start", "started")
    controller.wait_for(state="active", mining_miners=3)
    controller.deactivate()
    controller.wait_for(state="standby", mining_miners=0)


def test_restart_reboot_and_reset_reach_the_device(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(3, asleep=False)
    controller = new_controller(fleet)
    controller.wait_for_miners(3)
    restarted, rebooted, reset = fleet.miners
    fleet.tamper(reset, lambda device: device.store(device.conf.replace("650", "600")))
    control(controller, restarted, "restart", "restarted")
    control(controller, rebooted, "reboot", "rebooted")
    control(controller, reset, "reset", "reset")
    assert [fleet.inspect(miner_id).boots for miner_id in fleet.miners] == [1, 2, 2]
    assert [
        request.text.partition("/cgi-bin/")[2] for id_ in fleet.miners for request in fleet.commands(id_)
    ] == [
        "reboot_cgminer.cgi",
        "reboot.cgi",
        "reset_conf.cgi",
    ]
    assert conf(fleet, reset)["bitmain-freq"] == "650"
    wait_until(lambda: controller.status()["mining_miners"] == 3)


def test_a_frequency_set_by_hand_runs_on_the_device_and_holds_it(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2, asleep=False)
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    miner = fleet.miners[0]
    before = conf(fleet, miner)
    answer = controller.tell(
        "/dashboard/api/power/set-frequency", {"miner_ip": miner, "frequency_mhz": 550, "voltage": 8.6}
    )
    assert answer == {
        "success": True,
        "message": "Frequency set to 550 MHz",
        "miner_ip": miner,
        "frequency_mhz": 550,
        "voltage": 8.6,
        "estimated_power_watts": 1140,
    }
    wait_until(lambda: fleet.inspect(miner).stage is Stage.HASHING)
    assert fleet.inspect(miner).frequency == 550
    changed = {"bitmain-freq": "550", "bitmain-voltage": "860"}
    assert conf(fleet, miner) == before | changed
    wait_until(lambda: controller.read(f"/dashboard/api/power/miner/{miner}")["frequency_mhz"] == 550)
    assert controller.activate(2.92).startswith(
        "Fleet activated successfully at 2920W (1 miner at full power"
    )
    assert controller.actor(miner)["hold"] | {"command_id": "", "since": ""} == {
        "kind": "frequency",
        "frequency_mhz": 550,
        "command_id": "",
        "since": "",
    }
    assert stays(lambda: fleet.inspect(miner).frequency == 550, during=1.2)


def test_a_miner_blinks_until_it_is_found(controller: Controller, fleet: SimulatedFleet) -> None:
    miner = fleet.miners[0]
    for blinks in (True, False):
        answer = controller.tell(f"/dashboard/api/miner/{miner}/blink", {})
        assert answer == {
            "success": True,
            "miner_ip": miner,
            "message": "Find mode toggled",
            "is_enabled": blinks,
        }
        assert fleet.inspect(miner).find_mode is blinks


def test_the_details_are_the_devices_own(new_fleet: NewFleet, new_controller: NewController) -> None:
    fleet = new_fleet(2, asleep=False)
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    miner = fleet.miners[0]
    details = controller.read(f"/dashboard/api/miner/{miner}/details")
    assert list(details) == ["ip", "status", "system", "config", "boards", "pools", "shares", "summary"]
    assert details["system"]["minertype"] == "Antminer S9"
    assert details["system"]["firmware_version"] == "vnish 3.9.0"
    assert details["config"]["frequency"] == "650"
    assert [board["chips_ok"] for board in details["boards"]] == [63, 63, 63]
    assert sum(board["hashrate_ghs"] for board in details["boards"]) == pytest.approx(
        fleet.inspect(miner).hashrate, rel=0.05
    )
    assert details["pools"][0]["url"].endswith(conf(fleet, miner)["pools"][0]["url"])
    assert "pass" not in json.dumps(details)
    asleep = fleet.miners[1]
    fleet.tamper(asleep, lambda device: device.miner.stop())
    details = controller.read(f"/dashboard/api/miner/{asleep}/details")
    assert details["config"]["frequency"] == "650"
    assert details["summary"]["hashrate_ghs_5s"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/dashboard/api/miners/{}/control", {"action": "stop"}),
        ("/dashboard/api/miner/{}/blink", {}),
        ("/dashboard/api/power/set-frequency", {"miner_ip": "{}", "frequency_mhz": 600}),
    ],
)
def test_an_action_on_a_miner_that_is_unknown_or_locked_says_so(
    new_fleet: NewFleet, new_controller: NewController, path: str, body: dict[str, object]
) -> None:
    fleet = new_fleet(1, asleep=False)
    controller = new_controller(fleet)
    controller.wait_for(mining_miners=1)
    (locked,) = fleet.miners
    fleet.change_password(locked, "somebody's")
    for address, status, code in (
        ("127.9.9.9", 404, "UNKNOWN_MINER"),
        (locked, 503, "MINER_UNREACHABLE"),
    ):
        meant = {name: address if value == "{}" else value for name, value in body.items()}
        answer = controller.post(path.format(address), meant)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, code), answer.text
        assert answer.json().keys() == {"accepted", "message"}
    assert fleet.commands(locked) == ()
