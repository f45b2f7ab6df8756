"""The host's clock is set under a running server: times follow it, and nothing else happens."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from harness import Controller, commands, environment, wait_until

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import WallTime

HOURS = 3600.0


class HostClock:
    """Goes on with the real one; `ahead` is what it was set by."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> WallTime:
        return WallTime(time.time() + self.ahead)

    def shows(self, text: str) -> bool:
        """Whether a time of an answer is of now, and not of before the clock was set, by hours."""
        return abs(datetime.fromisoformat(text).timestamp() - self()) < HOURS / 2


@pytest.fixture
def clock() -> HostClock:
    return HostClock()


@pytest.fixture
def set_controller(clock: HostClock, fleet: SimulatedFleet, tmp_path: Path) -> Iterator[Controller]:
    """A server whose EMS counts as silent after ten minutes."""
    changes = {"EMS_TIMEOUT_SECONDS": "600", "EMS_FAILSAFE": "standby"}
    settings = read_settings(environment(fleet, tmp_path, **changes))
    with running(settings, wall=clock) as system, Controller(system) as controller:
        controller.wait_for_miners(len(fleet.miners))
        yield controller


@pytest.mark.parametrize("step", [2 * HOURS, -2 * HOURS])
def test_a_step_of_two_hours_moves_the_times_and_no_miner(
    step: float, clock: HostClock, set_controller: Controller, fleet: SimulatedFleet
) -> None:
    api = set_controller
    api.activate(2.92)
    api.wait_for(state="active", mining_miners=2)
    sent = commands(fleet)
    clock.ahead = step
    wait_until(lambda: clock.shows(api.status()["last_update"]))
    health = api.read("/dashboard/api/health")
    assert clock.shows(health["timestamp"])
    error = health["clock_errors"][0]
    assert error in api.status()["errors"]
    assert ("forward" if step > 0 else "back") + " by 2 h" in error
    dispatch = api.read("/dashboard/api/dispatch")
    assert (dispatch["in_command"], dispatch["ems"]["silent"]) == ("ems", False)
    actor = api.actor(fleet.miners[0])
    assert clock.shows(actor["published_at"])
    assert clock.shows(actor["observed"]["seen_at"])
    api.activate(1.46)
    assert clock.shows(api.history()[0]["timestamp"])
    assert [each["parameters"]["power_kw"] for each in api.history()[:2]] == [1.46, 2.92]
    assert clock.shows(api.read("/dashboard/api/dispatch")["ems"]["last_command"])
    assert api.status()["state"] in ("active", "activating")
    assert commands(fleet)[: len(sent)] == sent


def test_the_history_of_a_start_with_a_clock_ahead_is_found_by_its_own_times(
    clock: HostClock, fleet: SimulatedFleet, tmp_path: Path
) -> None:
    settings = read_settings(environment(fleet, tmp_path))
    clock.ahead = 2 * HOURS
    with running(settings, wall=clock) as system, Controller(system) as api:
        api.wait_for_miners(2)
        api.activate(1.46)
        [early] = [each["timestamp"] for each in api.history() if each["command"] == "activate"]
    clock.ahead = 0.0
    with running(settings, wall=clock) as system, Controller(system) as api:
        api.wait_for_miners(2)
        api.deactivate()
        newest = api.history()[0]
        assert (newest["command"], clock.shows(newest["timestamp"])) == ("deactivate", True)
        errors = [error for error in api.status()["errors"] if "ahead of this server's clock" in error]
        assert len(errors) == 1
        assert "2 h" in errors[0]
        wrong = api.read(f"/dashboard/api/history?since={early}")["commands"]
        assert "deactivate" not in [each["command"] for each in wrong]
        right = api.read(f"/dashboard/api/history?since={newest['timestamp']}&until={early}")["commands"]
        assert [each["command"] for each in right if each["source"] == "ems"] == ["deactivate"]
