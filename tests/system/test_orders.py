"""Activate, deactivate, override and power modes, as the miners themselves see them."""

import json

import pytest
from harness import (
    Controller,
    NewController,
    NewFleet,
    asleep,
    commands,
    hashing,
    still,
    wait_until,
    wakes,
)
from wakes_that_wait import go_on, wakes_that_wait

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage


def pools(fleet: SimulatedFleet) -> list[object]:
    return [json.loads(fleet.inspect(miner_id).conf)["pools"] for miner_id in fleet.miners]


def configured_frequencies(fleet: SimulatedFleet) -> list[int]:
    return sorted(int(json.loads(fleet.inspect(miner_id).conf)["bitmain-freq"]) for miner_id in fleet.miners)


def test_an_activation_wakes_each_miner_once_and_its_repetition_touches_none(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    controller.activate(2.92)
    controller.wait_for(state="active", mining_miners=2)
    before = commands(fleet)
    assert len(before) == len(wakes(fleet)) == 2
    controller.activate(2.92)
    controller.activate(2.9)
    assert still(controller, lambda: commands(fleet) == before)
    assert [entry["command"] for entry in controller.history()] == ["activate"] * 3 + ["register"]


def test_an_activation_at_zero_puts_all_to_sleep(controller: Controller, fleet: SimulatedFleet) -> None:
    controller.activate(2.92)
    wait_until(lambda: controller.status()["mining_miners"] == 2)
    assert controller.activate(0) == "Fleet activated successfully at 0W (0 miners at full power)"
    wait_until(lambda: asleep(fleet))
    assert controller.wait_for(state="standby")["running_status"] == 1


def test_the_status_that_follows_an_order_shows_its_target(controller: Controller) -> None:
    controller.activate(1.5)
    assert controller.status()["target_power_kw"] == 1.5
    controller.deactivate()
    assert controller.status()["target_power_kw"] is None


def test_deactivate_is_idempotent(controller: Controller, fleet: SimulatedFleet) -> None:
    controller.deactivate()
    controller.deactivate()
    controller.wait_for(state="standby")
    assert commands(fleet) == []
    controller.activate(2.92)
    wait_until(lambda: controller.status()["mining_miners"] == 2)
    controller.deactivate()
    controller.deactivate()
    wait_until(lambda: asleep(fleet))
    controller.wait_for(state="standby", mining_miners=0)
    sleeps = [request for request in commands(fleet) if request.text.endswith("mode=1")]
    assert len(sleeps) == 2


def test_nothing_older_wakes_a_miner_after_a_deactivate(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(12)
    controller = new_controller(fleet)
    controller.wait_for_miners(12)
    for _ in range(4):
        controller.activate(17.52)
        controller.deactivate()
        answered = fleet.now()
        underway = 0.2 * 40  # what was on the wire when the answer came, in seconds of physics
        controller.wait_for(state="standby", mining_miners=0)
        assert asleep(fleet)
        assert [request for request in wakes(fleet) if request.at > answered + underway] == []


def test_a_wake_that_still_waits_for_its_turn_is_withdrawn(
    new_fleet: NewFleet, new_controller: NewController, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, controller = wakes_that_wait(new_fleet, new_controller, monkeypatch)
    controller.deactivate()
    go_on(fleet)
    assert still(controller, lambda: not wakes(fleet))


def test_a_miner_that_was_cut_off_hears_of_the_deactivation_when_it_is_back(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2, asleep=False)
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    lost, other = fleet.miners
    fleet.answer_instead(lost, api=b"\0", web=b"<html>switch</html>")
    controller.wait_for(online_miners=1)
    controller.deactivate()
    wait_until(lambda: fleet.inspect(other).stage is Stage.DOWN)
    assert fleet.inspect(lost).stage is Stage.HASHING
    fleet.answer_instead(lost)
    wait_until(lambda: fleet.inspect(lost).stage is Stage.DOWN)


def test_a_miner_that_starts_by_itself_is_put_back_to_sleep(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    controller.deactivate()
    controller.wait_for(state="standby")
    fleet.tamper(fleet.miners[0], lambda device: device.miner.reboot())
    boots = fleet.inspect(fleet.miners[0]).boots
    wait_until(lambda: any(request.text.endswith("mode=1") for request in commands(fleet)))
    wait_until(lambda: asleep(fleet))
    assert fleet.inspect(fleet.miners[0]).boots == boots


def test_an_override_takes_command_and_gives_it_back_without_a_jump(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    answer = controller.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.46})
    assert answer == {
        "success": True,
        "message": "Manual override enabled at 1.46 kW",
        "override_active": True,
    }
    status = controller.wait_for(state="active", mining_miners=1)
    assert (status["manual_override_active"], status["override_target_power_kw"]) == (True, 1.46)
    moved = controller.tell("/dashboard/api/power/apply", {"target_power_kw": 2.92})
    assert moved == {"success": True, "message": "Fleet activated at 2.92 kW", "target_power_kw": 2.92}
    status = controller.wait_for(state="active", mining_miners=2)
    assert status["override_target_power_kw"] == 2.92
    before = commands(fleet)
    controller.tell("/dashboard/api/override", {"enabled": False})
    assert still(controller, lambda: hashing(fleet) == 2 and commands(fleet) == before)
    status = controller.status()
    assert (status["manual_override_active"], status["target_power_kw"]) == (False, 2.92)
    controller.deactivate()
    wait_until(lambda: asleep(fleet))


def test_an_override_without_a_target_stops_all(controller: Controller, fleet: SimulatedFleet) -> None:
    controller.activate(2.92)
    wait_until(lambda: controller.status()["mining_miners"] == 2)
    controller.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": None})
    wait_until(lambda: asleep(fleet))
    status = controller.status()
    assert (status["manual_override_active"], status["override_target_power_kw"]) == (True, None)
    beyond = controller.post("/dashboard/api/override", {"enabled": True, "target_power_kw": 3.0})
    assert (beyond.status_code, beyond.headers["X-Error-Code"]) == (400, "INVALID_POWER")


def test_frequency_mode_runs_one_swing_miner_and_leaves_all_else_of_its_configuration(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(3)
    controller = new_controller(fleet)
    controller.wait_for_miners(3)
    before = pools(fleet)
    controller.tell("/dashboard/api/power-mode", {"mode": "frequency"})
    assert controller.read("/dashboard/api/power-mode") == {"mode": "frequency"}
    calculated = controller.tell("/dashboard/api/power/calculate", {"target_power_kw": 2.46})
    assert calculated["summary"] == {
        "full_miners": 1,
        "swing_miners": 1,
        "idle_miners": 1,
        "estimated_power_watts": 2461,
        "estimated_power_kw": 2.461,
    }
    assert commands(fleet) == []
    message = controller.activate(2.46)
    assert message == (
        "Fleet activated successfully at 2460W (1 miner at full power, 1 swing miner, 1 idle miner)"
    )
    controller.wait_for(state="active", mining_miners=2)
    assert configured_frequencies(fleet) == [475, 650, 650]
    assert sorted(
        snapshot.frequency for snapshot in map(fleet.inspect, fleet.miners) if snapshot.stage is Stage.HASHING
    ) == [475, 650]
    assert pools(fleet) == before
    wait_until(lambda: fleet.true_power() == pytest.approx(2461, rel=0.03))


def test_setting_the_power_mode_shares_the_same_target_out_anew(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    controller.activate(2.0)
    controller.wait_for(state="active", mining_miners=2)
    controller.tell("/dashboard/api/power-mode", {"mode": "frequency"})
    wait_until(lambda: configured_frequencies(fleet) != [650, 650])
    controller.wait_for(state="active", power_control_mode="frequency", target_power_kw=2.0)
    running = [fleet.inspect(miner_id) for miner_id in fleet.miners]
    assert sum(snapshot.power for snapshot in running) < 2200


def test_a_running_miner_is_put_to_sleep_to_be_set_and_woken_once(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(1, asleep=False, speed=8.0)
    controller = new_controller(fleet, POWER_CONTROL_MODE="frequency")
    controller.wait_for_miners(1)
    controller.activate(1.0)
    wait_until(lambda: configured_frequencies(fleet) == [500])
    controller.wait_for(state="active", mining_miners=1)
    assert fleet.inspect(fleet.miners[0]).frequency == 500
    assert (len(wakes(fleet)), fleet.inspect(fleet.miners[0]).boots) == (1, 2)
