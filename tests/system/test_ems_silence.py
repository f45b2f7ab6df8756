"""An EMS that falls silent, as the miners and the history see it."""

from datetime import UTC, datetime, timedelta

from harness import NewController, NewFleet, asleep, commands, still, wait_until


def test_miners_fall_back_on_standby_when_the_ems_falls_silent_until_it_commands_again(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2)
    controller = new_controller(fleet, EMS_TIMEOUT_SECONDS="1.5", EMS_FAILSAFE="standby")
    controller.wait_for_miners(2)
    begun = datetime.now(UTC)
    wait_until(lambda: controller.activate(2.92) and controller.status()["mining_miners"] == 2)
    answered = datetime.now(UTC)
    wait_until(lambda: asleep(fleet))
    status = controller.wait_for(state="standby", target_power_kw=None)
    assert "the failsafe orders standby" in status["errors"][0]
    entry = controller.history()[0]
    assert (entry["command"], entry["source"], entry["success"]) == ("failsafe", "system", True)
    heard = datetime.fromisoformat(entry["parameters"]["silent_since"])
    assert begun - timedelta(milliseconds=1) <= heard <= answered  # history shows whole milliseconds
    past = controller.read(f"/dashboard/api/history/state?at={entry['timestamp']}")
    assert past["failsafe"]["action"] == "standby"
    told = commands(fleet)
    assert still(controller, lambda: commands(fleet) == told and controller.history()[0] == entry)
    wait_until(lambda: controller.activate(2.92) and controller.status()["errors"] == [])
    wait_until(lambda: controller.activate(2.92) and len(commands(fleet)) > len(told))
