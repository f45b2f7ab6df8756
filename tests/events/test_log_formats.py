"""Logs of every released format are read for ever.

`format-1.sqlite` holds what `recording.record_everything` recorded with the first format, a snapshot every
ten events; `format-1.json` what was read from it then. `format-2` is the same of the last version that said
settings in MHz. `orders-frequency` and `orders-on_off` hold orders of that version's fleets, each with what
it was decided by. None of them is ever written again.
"""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from recording import STARTED, SteppedClock, origin

from events.chain import Head, verify
from events.commands import Deactivate
from events.fleet import FLEET_ID
from events.history import HistoryReader
from events.log import FleetLog
from events.replay import Differences
from events.snapshot import unnumbered
from events.store import FleetStore
from netstab.power.allocation import PowerMode

LOGS = Path(__file__).parents[1] / "fixtures" / "logs"
PLAIN_SCHEDULE = {"dated": [], "weekly": [], "otherwise": [], "timezone": "UTC", "version": 0}
PLAIN_PRICES: dict[str, Any] = {
    "rates": [],
    "rule": {
        "off_above": None,
        "off_after_min": 0.0,
        "off_at_once_above": None,
        "on_below": None,
        "on_after_min": 0.0,
        "max_changes_per_hour": None,
    },
    "hash_price": None,
    "version": 0,
    "worth": None,
}

ADDED: dict[str, Any] = {
    "failsafe": None,
    "experience": {},
    "meter_scale": 1.0,
    "tunings": {},
    "last_ems_version": 0,
    "limits": {},
    "wear": {"hours": []},
    "wear_since": None,
    "last_commands": {},
    "schedule": PLAIN_SCHEDULE,
    "prices": PLAIN_PRICES,
}
"""What the state has had since, and the first format cannot know of."""
ADDED_TO_MINERS = {
    "answered": True,
    "provisional": False,
    "capabilities": None,
    "locked": False,
    "power_share": 1.0,
}
"""The same for each registered miner."""


ADDED_SINCE_THE_SECOND: dict[str, Any] = {
    "limits": {},
    "wear": {"hours": []},
    "wear_since": None,
    "last_commands": {},
    "schedule": PLAIN_SCHEDULE,
    "prices": PLAIN_PRICES,
}
"""What the state has had since the second format."""


def sheet(number: int) -> Any:
    """Return what was read from the log of a format when that was the newest."""
    return json.loads((LOGS / f"format-{number}.json").read_text())


@pytest.fixture
def expected() -> Any:
    return sheet(1)


@pytest.fixture(params=["with its snapshots", "from its events alone"])
def old_log(request: pytest.FixtureRequest, path: Path) -> Path:
    return laid_out(1, path, request.param)


@pytest.fixture(params=["with its snapshots", "from its events alone"])
def second_log(request: pytest.FixtureRequest, path: Path) -> Path:
    return laid_out(2, path, request.param)


def laid_out(number: int, path: Path, how: str) -> Path:
    shutil.copy(LOGS / f"format-{number}.sqlite", path)
    if how == "from its events alone":
        database = sqlite3.connect(path)
        database.execute("DELETE FROM stored_snapshots")
        database.commit()
        database.close()
    return path


def alone(state: Any) -> Any:
    """Return the setpoints of a log that knew one front: its order in force is its own."""
    order = state["order"]
    own = {**order, "until": None, "begun": order["version"]}
    return {"setpoints": {"ems": own} if order["source"] == "ems" else {}}


def plain(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value, enc_hook=dict))


def _numbered(state: Any) -> Any:
    holds = {key: dict(hold) for key, hold in state["holds"].items()}
    for hold in holds.values():
        hold |= {"version": 0, "before": None, "setting": hold.pop("frequency")}
    return state | {"holds": holds}


def test_the_first_format_gives_the_state_and_the_history_it_gave_then(old_log: Path, expected: Any) -> None:
    log = FleetLog(str(old_log), SteppedClock(), PowerMode.ON_OFF)
    log.close()
    reader = HistoryReader(str(old_log))
    history = reader.recent(1000)
    reader.close()
    miners = {id_: miner | ADDED_TO_MINERS for id_, miner in expected["state"]["miners"].items()}
    assert plain(unnumbered(log.state)) == _numbered(expected["state"]) | ADDED | alone(expected["state"]) | {
        "miners": miners
    }
    assert log.state.last_ems_version in (0, 21)
    assert plain(log.head) == expected["head"]
    assert plain(history) == [{**record, "principal": "", "request_id": ""} for record in expected["history"]]


def test_the_chain_of_the_first_format_holds_and_is_continued(old_log: Path, expected: Any) -> None:
    log = FleetLog(str(old_log), SteppedClock(), PowerMode.FREQUENCY)
    log.accept(Deactivate(), origin(), "")
    rows = log._store.recorder.select_events(FLEET_ID)
    log.close()
    head = Head(**expected["head"])
    assert verify(rows[: head.version], expected=head).bad_version is None
    assert verify(rows[head.version :], after=head, expected=log.head).bad_version is None
    assert (log.state.last_ems_command or 0) > STARTED


def _in_settings(state: Any) -> Any:
    """Name settings as they are named since; the second format had the frequency of the first family."""
    for hold in state["holds"].values():
        for each in filter(None, (hold, hold["before"])):
            each["setting"] = each.pop("frequency")
    for tuning in state["tunings"].values():
        tuning["setting"] = tuning.pop("frequency")
    for miner in state["miners"].values():
        miner |= {"capabilities": None, "locked": False, "power_share": 1.0}
    for known in state["experience"].values():
        known |= {
            "wear": {"hours": []},
            "switched_at": None,
            "runs": False,
        }
    return state


def test_the_second_format_gives_the_state_and_the_history_it_gave_then(second_log: Path) -> None:
    then = sheet(2)
    log = FleetLog(str(second_log), SteppedClock(), PowerMode.ON_OFF)
    log.close()
    reader = HistoryReader(str(second_log))
    history = reader.recent(1000)
    reader.close()
    state = plain(log.state)
    for known in state["experience"].values():
        del known["measured"]  # a snapshot of that time does not say it
    assert state == _in_settings(then["state"]) | ADDED_SINCE_THE_SECOND | alone(then["state"])
    assert plain(log.head) == then["head"]
    assert plain(history) == [{**record, "principal": "", "request_id": ""} for record in then["history"]]


@pytest.mark.parametrize("mode", PowerMode)
def test_orders_of_a_version_that_decided_in_megahertz_are_decided_again(mode: PowerMode, path: Path) -> None:
    """By the rules of now: fewer miners swing, for what that costs, and as many run whole as come nearest.

    Of a fleet that was seen to wake more are started, for some come late or never.
    """
    shutil.copy(LOGS / f"orders-{mode}.sqlite", path)
    store = FleetStore(str(path), read_only=True)
    found = Differences(store)
    different = list(found.between(1, 1000, lambda _version: None))
    store.close()
    assert (found.compared, found.repeated, found.incomparable) == (11, 0, 0)
    assert all(one.now.swing <= one.then.swing for one in different)
    if mode is PowerMode.ON_OFF:
        assert all(one.now.full >= one.then.full - 1 for one in different)


@pytest.mark.parametrize("how", ["with its snapshots", "from its events alone"])
def test_the_last_format_that_knew_one_front_gives_the_state_and_the_history_it_gave_then(
    how: str, path: Path
) -> None:
    """The order of the EMS is its setpoint, so that another front takes nothing from it that it had."""
    laid_out(3, path, how)
    then = sheet(3)
    log = FleetLog(str(path), SteppedClock(), PowerMode.ON_OFF)
    log.close()
    reader = HistoryReader(str(path))
    history = reader.recent(1000)
    reader.close()
    added = {"last_commands": {}, "schedule": PLAIN_SCHEDULE, "prices": PLAIN_PRICES}
    limits = {name: limit | {"efficiency": None} for name, limit in then["state"]["limits"].items()}
    assert plain(log.state) == then["state"] | added | alone(then["state"]) | {"limits": limits}
    assert plain(log.head) == then["head"]
    assert plain(history) == then["history"]
