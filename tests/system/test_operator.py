"""An operator acts on single miners, and the miners themselves show it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from harness import Controller, NewController, NewFleet, still, wait_until

from netstab.devices import families
from netstab.devices.antminer.family import VNISH
from netstab.simulation.faults import FAULTS
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.simulation.profiles import DOCUMENT, Boot
from netstab.units import MinerId, Seconds


def control(controller: Controller, miner_id: str, action: str, past: str) -> None:
    answer = controller.tell(f"/dashboard/api/miners/{miner_id}/control", {"action": action})
    assert answer == {
        "success": True,
        "miner_id": miner_id,
        "action": action,
        "message": f"Miner {past} successfully",
    }


def conf(fleet: SimulatedFleet, miner_id: MinerId) -> dict[str, Any]:
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
    assert still(controller, lambda: fleet.inspect(stopped).stage is Stage.DOWN)
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


def test_a_reboot_is_one_reboot_however_its_polls_fall(
    new_fleet: NewFleet, new_controller: NewController, impatience: float
) -> None:
    boot = Boot(system=(2 * impatience, 3 * impatience), hashing=(8, 9))
    fleet = new_fleet(8, asleep=False, speed=2.0, profile=replace(DOCUMENT, reboot=boot, api_opens=(4, 5)))
    controller = new_controller(fleet)
    controller.wait_for_miners(8)
    controller.activate(8 * 1.46)
    for miner in fleet.miners:
        control(controller, miner, "reboot", "rebooted")
    wait_until(lambda: all(fleet.inspect(id_).stage is Stage.HASHING for id_ in fleet.miners))
    assert still(controller, lambda: all(fleet.inspect(id_).boots == 2 for id_ in fleet.miners))
    wait_until(lambda: not any(controller.actor(id_)["in_transition"] for id_ in fleet.miners))


@pytest.mark.parametrize("action", ["restart", "reboot", "reset"])
def test_a_miner_that_accepts_and_never_answers_has_taken_nothing(
    new_fleet: NewFleet, new_controller: NewController, impatience: float, action: str
) -> None:
    fleet = new_fleet(1, asleep=False)
    (miner,) = fleet.miners
    controller = new_controller(fleet)
    controller.wait_for(mining_miners=1)
    controller.read(f"/dashboard/api/miner/{miner}/details")  # its nonce is known from now on
    fleet.hang(miner, api=False)
    answer = controller.post(f"/dashboard/api/miners/{miner}/control", {"action": action})
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "MINER_UNREACHABLE"), answer.text
    assert fleet.commands(miner) == ()


def test_a_stop_that_has_no_effect_is_done_the_other_way(
    new_fleet: NewFleet, new_controller: NewController, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = replace(VNISH, timings=replace(VNISH.timings, stop=Seconds(1.0)))
    monkeypatch.setattr(families, "FAMILIES", {**families.FAMILIES, VNISH.key: impatient})
    fleet = new_fleet(2, asleep=False, faults=[replace(FAULTS["deaf_to_sleep"], share=1.0)])
    controller = new_controller(fleet)
    controller.wait_for(mining_miners=2)
    controller.deactivate()
    controller.wait_for(mining_miners=0)
    assert [text.partition("/cgi-bin/")[2] for _, _, text in fleet.commands(fleet.miners[0])] == [
        "do_sleep_mode.cgi mode=1",
        "stop_bmminer.cgi",
    ]


def test_a_frequency_set_while_the_process_starts_is_refused_and_changes_nothing(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    slow = replace(DOCUMENT, api_opens=(240, 240), restart=(250, 250))
    fleet = new_fleet(1, asleep=False, profile=slow, speed=1.0)
    (miner,) = fleet.miners
    controller = new_controller(fleet)
    controller.wait_for(mining_miners=1)
    control(controller, miner, "restart", "restarted")
    wait_until(lambda: controller.actor(miner)["observed"]["phase"] == "starting")
    assert fleet.inspect(miner).stage is Stage.LOADING
    answer = controller.post("/dashboard/api/power/set-frequency", {"miner_ip": miner, "frequency_mhz": 550})
    assert (answer.status_code, answer.json()["message"]) == (
        409,
        f"{miner}: The miner is starting: set its frequency once it hashes.",
    )
    fleet.skip(300)
    wait_until(lambda: fleet.inspect(miner).stage is Stage.HASHING)
    assert conf(fleet, miner)["bitmain-freq"] == "650"
    wait_until(lambda: controller.actor(miner)["hold"] is None)


def test_a_miner_that_refuses_a_frequency_goes_on_following_the_ems(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2, asleep=False)
    refusing, other = fleet.miners
    fleet.tamper(refusing, lambda device: device.store(device.conf.replace("W:0/0", "W:127.0.0.1/32", 1)))
    controller = new_controller(fleet)
    controller.wait_for(mining_miners=2)
    control(controller, other, "stop", "stopped")
    for miner, status in ((refusing, 409), (other, 200)):
        asked = {"miner_ip": miner, "frequency_mhz": 550}
        assert controller.post("/dashboard/api/power/set-frequency", asked).status_code == status
    wait_until(lambda: controller.actor(refusing)["hold"] is None)
    controller.tell("/api/deactivate", {})
    wait_until(lambda: fleet.inspect(refusing).stage is Stage.DOWN)
    assert controller.actor(other)["hold"]["kind"] == "frequency"


def test_a_frequency_saved_during_a_start_and_never_applied_is_cured_by_setting_it_again(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(1, asleep=False)
    (miner,) = fleet.miners
    fleet.tamper(miner, lambda device: device.store(device.conf.replace('"650"', '"550"', 1)))
    controller = new_controller(fleet)
    controller.wait_for(mining_miners=1)
    asked = {"miner_ip": miner, "frequency_mhz": 550, "voltage": 8.8}
    controller.tell("/dashboard/api/power/set-frequency", asked)
    wait_until(lambda: (seen := fleet.inspect(miner)).stage is Stage.HASHING and seen.frequency == 550)
    assert [request.text for request in fleet.commands(miner)] == ["GET /cgi-bin/reboot_cgminer.cgi"]


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
        "setting": "550 MHz",
        "command_id": "",
        "since": "",
    }
    assert still(controller, lambda: fleet.inspect(miner).frequency == 550)


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
