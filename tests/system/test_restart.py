"""The server is killed in the middle of things, by `kill -9`, and started again."""

import random
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from harness import (
    SERVE,
    Api,
    NewFleet,
    NewProcess,
    commands,
    hashing,
    still,
    wait_until,
    wakes,
)

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage

KILLED_AT = (sys.executable, str(Path(__file__).parents[1] / "support" / "killed_at.py"))


def ems_powers(api: Api) -> list[float]:
    """Return the powers of the accepted activations in the history, the oldest first."""
    entries = [entry for entry in api.history() if entry["command"] == "activate" and entry["success"]]
    return [entry["parameters"]["power_kw"] for entry in reversed(entries)]


def test_everything_that_was_commanded_is_known_again(new_fleet: NewFleet, new_process: NewProcess) -> None:
    fleet = new_fleet(3)
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(3)
    held = fleet.miners[0]
    api.tell("/dashboard/api/power-mode", {"mode": "frequency"})
    api.tell(f"/dashboard/api/miners/{held}/control", {"action": "stop"})
    api.activate(1.46)
    api.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.46})
    before = api.wait_for(state="active", mining_miners=1)
    told, recorded = commands(fleet), api.history()
    process.end(signal.SIGKILL)
    api = process.start()
    first = api.status()
    for name in (
        "total_miners",
        "rated_power_kw",
        "target_power_kw",
        "manual_override_active",
        "override_target_power_kw",
        "last_ems_command",
        "power_control_mode",
    ):
        assert first[name] == before[name], name
    api.wait_for(state="active", online_miners=3, mining_miners=1)
    assert api.actor(held)["hold"]["kind"] == "stopped"
    assert api.history() == recorded
    assert commands(fleet) == told


def test_a_miner_that_follows_already_is_left_alone(new_fleet: NewFleet, new_process: NewProcess) -> None:
    fleet = new_fleet(4)
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(4)
    api.activate(5.84)
    api.wait_for(state="active", mining_miners=4)
    process.end(signal.SIGKILL)
    deserter, *loyal = fleet.miners
    told = {miner_id: fleet.commands(miner_id) for miner_id in fleet.miners}
    fleet.tamper(deserter, lambda device: device.miner.stop())
    api = process.start()
    api.wait_for(state="active", mining_miners=4)
    assert [request.text for request in fleet.commands(deserter)[len(told[deserter]) :]] == [
        "POST /cgi-bin/do_sleep_mode.cgi mode=0"
    ]
    assert {miner_id: fleet.commands(miner_id) for miner_id in loyal} == {
        miner_id: told[miner_id] for miner_id in loyal
    }


def test_nothing_is_commanded_before_the_miners_are_known(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(3)
    process = new_process(fleet, POLL_INTERVAL_SECONDS="1.5")
    api = process.start()
    api.wait_for_miners(3)
    silent, *others = fleet.miners
    fleet.hang(silent)
    process.end(signal.SIGKILL)
    api = process.start()
    assert api.status()["state"] == "initializing"
    assert "4 miners" not in api.activate(4.38)
    wait_until(lambda: api.status()["online_miners"] == 2)
    assert api.status()["state"] == "initializing"
    assert api.read("/api/status")["isAvailableForDispatch"] is False
    assert commands(fleet) == []
    wait_until(lambda: all(fleet.inspect(miner_id).stage is Stage.HASHING for miner_id in others))
    assert api.status()["state"] == "activating"


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        (("actors.fleet.log_writer:LogWriter.accept", "before", "1"), False),
        (("events.log:FleetLog.accept", "after", "1"), True),
        (("actors.fleet.loop:recorded", "after", "1"), True),
        (("actors.directory:Directory.tell_miner", "after", "2"), True),
        (("netstab.devices.antminer.vnish:VnishDriver.wake", "after", "2"), True),
        (("events.log:FleetLog.responses", "before", "1"), True),
    ],
    ids=lambda value: "-".join(value).rpartition(":")[2] if isinstance(value, tuple) else None,
)
def test_an_activation_that_a_kill_cuts_off_is_carried_through(
    point: tuple[str, ...], kept: bool, fleet: SimulatedFleet, new_process: NewProcess
) -> None:
    process = new_process(fleet)
    api = process.start((*KILLED_AT, *point))
    api.wait_for_miners(2)
    with suppress(requests.RequestException):  # from some steps on it is answered first
        api.activate(2.92)
    assert process.wait() == -signal.SIGKILL
    api = process.start(SERVE)
    assert ems_powers(api) == ([2.92] if kept else [])
    api.wait_for_miners(2)
    if kept:
        api.wait_for(state="active", mining_miners=2)
        assert sorted(wake.text for wake in wakes(fleet)) == ["POST /cgi-bin/do_sleep_mode.cgi mode=0"] * 2
    else:
        assert still(api, lambda: commands(fleet) == [])
    assert [entry["command"] for entry in api.history()].count("register") == 1


def test_no_answered_command_is_lost_to_kills_at_any_moment(
    fleet: SimulatedFleet, new_process: NewProcess
) -> None:
    process, chance = new_process(fleet), random.Random(4)
    answered: list[float] = []
    for life in range(4):
        api = process.start()
        api.wait_for(total_miners=2)
        end = threading.Timer(chance.uniform(0.0, 0.35), lambda: process.send(signal.SIGKILL))
        for step in range(1, 700):
            if step == 4:
                end.start()
            power = (700 * life + step) / 1000
            try:
                api.activate(power)
            except requests.RequestException:
                break
            answered.append(power)
        end.join()
        process.wait()
    recorded = ems_powers(process.start())
    assert len(recorded) < 1000
    assert len(answered) > 8
    assert len(set(recorded)) == len(recorded)
    assert [power for power in recorded if power in set(answered)] == answered


def test_an_orderly_stop_in_the_middle_of_an_activation_is_taken_up_again(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(6, speed=5.0)
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(6)
    api.activate(8.76)
    wait_until(lambda: wakes(fleet))
    assert process.end(signal.SIGTERM) == 0
    api = process.start()
    assert api.status()["target_power_kw"] == 8.76
    api.wait_for(state="active", mining_miners=6)
    assert hashing(fleet) == 6
    assert {fleet.inspect(miner_id).boots for miner_id in fleet.miners} == {2}
