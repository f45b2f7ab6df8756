"""An energy manager that steers a fleet over S2 on real sockets, from the first word to its return."""

import signal

from cem import LIMIT, Cem, cem
from harness import Api, NewController, NewFleet, NewProcess, asleep, hashing, wait_until


def rated(api: Api) -> float:
    return float(api.read("/api/status")["ratedPowerInKw"]) * 1000


def offered(manager: Cem, highest: float) -> list[str]:
    """Wait until all is offered; return the ids of the modes, standby first."""

    def described() -> list[str] | None:
        for each in manager.all("OMBC.SystemDescription"):
            modes = each["operation_modes"]
            if modes[-1]["power_ranges"][0]["end_of_range"] == highest:
                return [mode["id"] for mode in modes]
        return None

    return wait_until(described) or []


def mode_of(manager: Cem) -> str:
    return str(manager.await_one("OMBC.Status")["active_operation_mode_id"])


def test_a_cem_steers_the_fleet_by_modes_is_refused_falls_silent_and_comes_back(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2)
    with cem() as (manager, port):
        controller = new_controller(
            fleet, S2_URL=f"ws://127.0.0.1:{port}/", EMS_TIMEOUT_SECONDS="2", EMS_FAILSAFE="standby"
        )
        controller.wait_for_miners(2)
        standby, one, two = offered(manager, rated(controller))
        instruction = manager.instruct(two)
        controller.wait_for(target_power_kw=2.92, mining_miners=2)
        wait_until(lambda: manager.states(instruction) == ["ACCEPTED", "STARTED", "SUCCEEDED"])
        assert mode_of(manager) == two
        wait_until(lambda: manager.all("PowerMeasurement")[-1]["values"][0]["value"] > 2800)
        entry = controller.history()[0]
        assert (entry["command"], entry["source"], entry["success"]) == ("activate", "s2", True)

        wrong = manager.say("SelectControlType", control_type="NOT_CONTROLABLE")
        assert manager.reception(wrong) == "INVALID_CONTENT"
        beyond = manager.instruct(two, factor=1.5)
        wait_until(lambda: manager.states(beyond) == ["REJECTED"])
        controller.activate(1.46)
        controller.wait_for(target_power_kw=1.46)
        waits = manager.instruct(standby)
        wait_until(lambda: manager.states(waits)[:2] == ["ACCEPTED", "STARTED"])  # REST has fallen silent
        controller.wait_for(target_power_kw=None)
        controller.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.46})
        refused = manager.instruct(standby)
        wait_until(lambda: manager.states(refused) == ["REJECTED"])
        assert controller.history()[0]["success"] is False
        assert mode_of(manager) == one
        controller.tell("/dashboard/api/override", {"enabled": False})
        stopped = manager.instruct(standby)
        controller.wait_for(target_power_kw=None, state="standby")
        wait_until(lambda: manager.states(stopped)[:2] == ["ACCEPTED", "STARTED"])
        manager.instruct(one)
        controller.wait_for(target_power_kw=1.511)
        assert manager.faults == []
    wait_until(lambda: "failsafe" in [entry["command"] for entry in controller.history()[:3]])
    controller.wait_for(target_power_kw=None)
    wait_until(lambda: asleep(fleet))
    with cem(port=port) as (manager, _):
        *_, two = offered(manager, rated(controller))
        assert mode_of(manager) == standby
        manager.instruct(two)
        controller.wait_for(target_power_kw=2.92, mining_miners=2)
        assert manager.faults == []


def test_a_server_that_was_killed_takes_its_session_up_and_the_setpoint_stands(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(2)
    with cem() as (manager, port):
        server = new_process(fleet, S2_URL=f"ws://127.0.0.1:{port}/")
        api = server.start()
        api.wait_for_miners(2)
        *_, two = offered(manager, rated(api))
        wait_until(lambda: manager.instruct(two) and api.status()["target_power_kw"] == 2.92)
        server.end(signal.SIGKILL)
        api = server.start()
        wait_until(lambda: manager.sessions == 2, 20)
        wait_until(lambda: manager.all("OMBC.Status") and mode_of(manager) == two)
        assert api.status()["target_power_kw"] == 2.92
        wait_until(lambda: hashing(fleet) == 2)
        assert manager.faults == []


def test_a_cem_limits_what_an_ems_asks_for(new_fleet: NewFleet, new_controller: NewController) -> None:
    fleet = new_fleet(2)
    with cem(Cem(LIMIT)) as (manager, port):
        controller = new_controller(fleet, S2_URL=f"ws://127.0.0.1:{port}/")
        controller.wait_for_miners(2)
        highest = rated(controller)

        def constrained() -> str:
            found = [
                each["id"]
                for each in manager.all("PEBC.PowerConstraints")
                if each["allowed_limit_ranges"][0]["range_boundary"]["end_of_range"] == highest
            ]
            return str(found[-1]) if found else ""

        constraints = wait_until(constrained)
        controller.activate(2.92)
        instruction = manager.limit(constraints, (1511, 2), (1600, 3600))

        def dispatch() -> tuple[float, float, str | None]:
            shown = controller.read("/dashboard/api/dispatch")
            return shown["target_power_kw"], shown["pursued_power_kw"], shown["binding_limit"]

        wait_until(lambda: dispatch() == (2.92, 1.511, "s2"))
        wait_until(lambda: dispatch() == (2.92, 1.6, "s2"))
        manager.say("RevokeObject", object_type="PEBC.Instruction", object_id=instruction)
        wait_until(lambda: dispatch() == (2.92, 2.92, None))
        assert manager.states(instruction) == ["ACCEPTED", "STARTED", "REVOKED"]
        wait_until(lambda: hashing(fleet) == 2)
        assert manager.faults == []
