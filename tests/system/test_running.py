"""The process itself: a clean end, faults in its environment, actors that die."""

import signal
import subprocess
import threading
from pathlib import Path

import pytest
from harness import SERVE, Controller, NewFleet, NewProcess, commands, environment, wait_until

from netstab.cli.serve import NO_DATABASE, UNUSABLE_SETTINGS
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_the_request_in_progress_and_leaves_the_miners_as_they_are(
    number: signal.Signals, new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(2, speed=1.0, asleep=False)
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(2)
    api.wait_for(mining_miners=2)
    busy, other = fleet.miners
    answers = []
    body = {"miner_ip": busy, "frequency_mhz": 600}
    request = threading.Thread(
        target=lambda: answers.append(api.tell("/dashboard/api/power/set-frequency", body))
    )
    request.start()
    wait_until(lambda: fleet.commands(busy))
    assert process.end(number) == 0
    request.join(60)
    (answer,) = answers
    assert answer["success"] is True
    assert fleet.inspect(other).stage is Stage.HASHING
    assert fleet.commands(other) == ()
    assert len(commands(fleet)) == 1
    assert "Traceback" not in process.log()
    assert "ERROR" not in process.log()


def test_an_idle_server_ends_at_once_and_says_little(fleet: SimulatedFleet, new_process: NewProcess) -> None:
    process = new_process(fleet)
    process.start().wait_for_miners(2)
    assert process.end(signal.SIGTERM) == 0
    lines = process.log().splitlines()
    assert [line for line in lines if "INFO" not in line and "No miner is registered." not in line] == []
    assert len(lines) < 10


def test_a_start_says_what_it_goes_by_and_names_a_mistyped_variable_without_its_value(
    fleet: SimulatedFleet, new_process: NewProcess
) -> None:
    process = new_process(fleet, MINER_PASWORD="hunter2", EMS_TIMEOUT="60")
    process.start().wait_for_miners(2)
    wait_until(lambda: "joined the fleet" in process.log())
    process.end(signal.SIGTERM)
    told = [line.partition(": ")[2] for line in process.log().splitlines()]
    assert "The variable MINER_PASWORD is not known and has no effect; did you mean MINER_PASSWORD?" in told
    assert (
        "The variable EMS_TIMEOUT is not known and has no effect; the nearest is EMS_TIMEOUT_SECONDS." in told
    )
    assert any(fleet.miners[0] in line and "joined the fleet" in line for line in told)
    assert "hunter2" not in process.log()


def test_a_taken_port_and_bad_settings_are_said_in_a_sentence(
    fleet: SimulatedFleet, tmp_path: Path, new_process: NewProcess
) -> None:
    port = new_process(fleet).start().port
    for changes, sentence, status in (
        ({"NETSTAB_PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path}/b.db"}, "Set NETSTAB_PORT.", 2),
        (
            {"POLL_INTERVAL_SECONDS": "soon", "MINER_API_PORT": "x"},
            "POLL_INTERVAL_SECONDS must be a number",
            UNUSABLE_SETTINGS,
        ),
        ({"DATABASE_URL": "sqlite:////proc/nowhere/log.db"}, "cannot be locked", NO_DATABASE),
    ):
        done = subprocess.run(
            SERVE,
            env=environment(fleet, tmp_path, **changes),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


def test_a_miners_actor_that_dies_is_started_again_and_counted(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    victim, other = fleet.miners
    controller.activate(2.92)
    wait_until(lambda: controller.status()["mining_miners"] == 2)
    before = commands(fleet)
    assert controller.fleet.directory.tell_miner(victim, "poison")
    wait_until(lambda: controller.actor(victim)["restarts"] == 1)
    assert controller.actor(other)["restarts"] == 0
    controller.wait_for(state="active", mining_miners=2)
    assert commands(fleet) == before
    controller.deactivate()
    wait_until(lambda: fleet.inspect(victim).stage is Stage.DOWN)
