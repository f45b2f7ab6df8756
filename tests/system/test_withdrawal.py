"""A command that got into the log after it was refused is taken back, also by a server that was killed."""

import signal
import sys
from contextlib import closing
from pathlib import Path

from harness import NewFleet, NewProcess, asleep, hashing, still, wait_until
from load import RATED

from events.audit import audit
from events.store import FleetStore

RECORDED_YET_REFUSED = (
    sys.executable,
    str(Path(__file__).parents[1] / "support" / "recorded_yet_refused.py"),
)


def topics(path: Path) -> list[str]:
    with closing(FleetStore(str(path), read_only=True)) as store:
        assert audit(store).bad_version is None
        return [row.topic.rpartition(".")[2] for page in store.pages() for row in page]


def test_a_server_that_is_killed_after_it_refused_what_is_on_record_takes_it_back_at_its_next_start(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    fleet = new_fleet(2)
    process = new_process(fleet, **RATED)
    api = process.start(RECORDED_YET_REFUSED)
    api.wait_for_miners(2)
    answer = api.request("POST", "/api/activate", {"activationPowerInKw": 2.92})
    assert answer.status_code != 200, answer.text
    wait_until(lambda: "Activated" in topics(tmp_path / "log.db"))
    api.wait_for(state="fault")
    process.end(signal.SIGKILL)
    again = process.start()
    again.wait_for_miners(2)
    again.wait_for(target_power_kw=None, errors=[])
    [entry] = again.read("/dashboard/api/history?detail=true&command=activate")["commands"]
    assert (entry["success"], entry["outcome"], entry["code"]) == (False, "withdrawn", "FAULT_STATE")
    assert "taken back" in entry["message"]
    details = again.read(f"/dashboard/api/history/{entry['command_id']}")
    assert (details["outcome"], details["delivery"]) == ("withdrawn", None)
    assert '"outcome":"withdrawn"' in again.get("/dashboard/api/history/export").text.replace(" ", "")
    assert still(again, lambda: asleep(fleet))
    assert hashing(fleet) == 0
    found = topics(tmp_path / "log.db")
    place = found.index("Activated")
    assert found[place : place + 3] == ["Activated", "CommandWithdrawn", "ServerStarted"]
    again.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
