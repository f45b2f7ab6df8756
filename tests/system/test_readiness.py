"""What makes a real server unready, and ready again, as whoever asks `/readyz` sees it."""

import threading
from pathlib import Path

import pytest
from harness import Api, Controller, NewFleet, NewProcess, wait_until
from waiting import PATIENCE

from actors.messages import Tick


def failing(api: Api) -> set[str]:
    """Return the checks that fail; the status says whether any does."""
    answer = api.get("/readyz")
    failed = {check["name"] for check in answer.json()["checks"] if not check["ok"]}
    assert answer.json()["ready"] is (not failed)
    assert (answer.status_code, answer.headers.get("X-Error-Code")) == (
        (503, "NOT_READY") if failed else (200, None)
    )
    return failed


def test_a_log_that_is_taken_away_makes_a_server_unready_until_it_is_back(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    api = new_process(new_fleet()).start()
    api.wait_for_miners(2)
    wait_until(lambda: not failing(api))
    (tmp_path / "log.db").rename(tmp_path / "away.db")
    wait_until(lambda: failing(api) == {"log"})
    assert "deleted, moved or replaced" in api.get("/readyz").json()["message"]
    assert api.get("/healthz").status_code == 200
    (tmp_path / "away.db").rename(tmp_path / "log.db")
    wait_until(lambda: not failing(api))


class Held(threading.Event):
    """Of a tick: whoever takes it up is held up until it is over."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()

    def set(self) -> None:
        self.over.wait(PATIENCE)


def test_a_control_loop_that_is_held_up_makes_a_server_unready_until_it_goes_on(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.readiness.LATE", 1.5)
    wait_until(lambda: not failing(controller))
    held, fleet = Held(), controller.fleet.directory.fleet
    assert fleet is not None
    fleet.tell(Tick(held))
    try:
        wait_until(lambda: failing(controller) == {"control_loop"})
        assert "has told nothing for" in controller.get("/readyz").json()["message"]
    finally:
        held.over.set()
    wait_until(lambda: not failing(controller))


def test_a_standby_is_unready_and_ready_once_it_leads(new_fleet: NewFleet, new_process: NewProcess) -> None:
    fleet = new_fleet()
    leader, standby = new_process(fleet), new_process(fleet)
    leader.start().wait_for_miners(2)
    api = standby.start()
    wait_until(lambda: failing(api) == {"leading"})
    leader.close()
    wait_until(lambda: not failing(api))
