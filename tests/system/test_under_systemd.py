"""What the service manager is told by a real process: ready, on time, stopping."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import NewProcess, wait_until
from notify_socket import NotifySocket

from netstab.simulation.fleet import SimulatedFleet

STANDS_STILL = Path(__file__).parents[1] / "support" / "stands_still.py"


@pytest.fixture
def systemd() -> Iterator[NotifySocket]:
    with NotifySocket() as listening:
        yield listening


def test_a_server_is_ready_when_it_answers_beats_while_it_works_and_says_that_it_stops(
    fleet: SimulatedFleet, new_process: NewProcess, systemd: NotifySocket
) -> None:
    process = new_process(fleet, NOTIFY_SOCKET=systemd.name, WATCHDOG_USEC="2000000")
    api = process.start()
    ready, status = systemd.next()
    assert api.get("/healthz").status_code == 200
    assert (ready, status) == ("READY=1", f"STATUS=Listening on {api.base}")
    assert systemd.next() == ["WATCHDOG=1"]
    process.send(signal.SIGTERM)
    wait_until(lambda: systemd.next() == ["STOPPING=1"])
    assert process.wait() == 0


def test_a_control_loop_that_stands_still_gives_no_beats_until_it_goes_on(
    fleet: SimulatedFleet, tmp_path: Path, new_process: NewProcess, systemd: NotifySocket
) -> None:
    halt = tmp_path / "halt"
    process = new_process(fleet, NOTIFY_SOCKET=systemd.name, WATCHDOG_USEC="2000000")
    api = process.start((sys.executable, str(STANDS_STILL), str(halt)))
    assert systemd.next()[0] == "READY=1"
    assert systemd.next() == ["WATCHDOG=1"]
    halt.touch()
    wait_until(lambda: systemd.is_silent(during=1.5))
    assert api.get("/dashboard/api/status").status_code == 200
    assert "systemd gets no beats" in process.log()
    halt.unlink()
    assert systemd.next() == ["WATCHDOG=1"]
    wait_until(lambda: "The control loop is on time again." in process.log())
    assert process.end(signal.SIGTERM) == 0
