"""Limits as the miners themselves see them, and whoever asks what is in force."""

from datetime import UTC, datetime, timedelta

import pytest
from harness import Controller, NewController, NewFleet, asleep, still, wait_until, wakes
from wakes_that_wait import go_on, wakes_that_wait

from netstab.simulation.fleet import SimulatedFleet

LIMIT = "/dashboard/api/limits/grid-operator"


def shed(controller: Controller, for_seconds: float) -> bool:
    """Set a limit of nothing; False where its end has passed when it is heard."""
    until = datetime.now(UTC) + timedelta(seconds=for_seconds)
    return controller.request("PUT", LIMIT, {"power_kw": 0, "until": until.isoformat()}).ok


def test_a_limit_sheds_miners_until_it_ends_by_itself(controller: Controller, fleet: SimulatedFleet) -> None:
    controller.activate(2.92)
    controller.wait_for(state="active", mining_miners=2)
    assert shed(controller, for_seconds=3600)
    shown = controller.read("/dashboard/api/dispatch")
    assert (shown["target_power_kw"], shown["pursued_power_kw"]) == (2.92, 0.0)
    assert shown["binding_limit"] == "grid-operator"
    assert any("grid-operator leaves 0.0 kW" in error for error in controller.status()["errors"])
    wait_until(lambda: asleep(fleet))
    wait_until(lambda: shed(controller, for_seconds=1))
    controller.wait_for(state="active", mining_miners=2)
    assert controller.read("/dashboard/api/limits") == {"limits": []}
    past = controller.read(f"/dashboard/api/history/state?at={datetime.now(UTC).isoformat()[:-6]}Z")
    assert past["limits"] == []


def test_a_wake_that_still_waits_is_not_sent_after_a_limit_of_0_though_the_ramp_sheds_slowly(
    new_fleet: NewFleet, new_controller: NewController, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, controller = wakes_that_wait(new_fleet, new_controller, monkeypatch)
    controller.patch("/dashboard/api/config", {"max_power_change_rate_kw_per_sec": 1.46})
    assert controller.request("PUT", LIMIT, {"power_kw": 0}).ok
    go_on(fleet)
    assert still(controller, lambda: not wakes(fleet))


def test_a_limit_is_lifted_and_both_are_in_the_history(controller: Controller) -> None:
    assert controller.request("PUT", LIMIT, {"power_kw": 1.5}).ok
    assert controller.activate(2.92).endswith("; limits leave 1.5 kW of the 2.92 kW ordered")
    assert controller.delete(LIMIT).ok
    again = controller.delete(LIMIT)
    assert (again.status_code, again.headers["X-Error-Code"]) == (404, "UNKNOWN_LIMIT")
    assert controller.read("/dashboard/api/dispatch")["pursued_power_kw"] == 2.92
    told = [(entry["command"], entry["success"]) for entry in controller.history()[:4]]
    assert told == [("lift_limit", False), ("lift_limit", True), ("activate", True), ("set_limit", True)]


def test_a_source_with_a_strange_name_is_refused_in_a_sentence(controller: Controller) -> None:
    answer = controller.request("PUT", "/dashboard/api/limits/a%20b", {"power_kw": 1})
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (400, "INVALID_INPUT")
    assert answer.json()["message"].startswith("A limit's source must be 1 to 64 letters")
