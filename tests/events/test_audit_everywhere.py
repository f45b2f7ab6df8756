"""Each kind of change to what is stored is found on either database; `test_audit` has the many."""

from contextlib import closing

import pytest
from databases import Database
from recording import SteppedClock, record_everything

from events.audit import audit
from events.chain import Head, Verdict
from events.log import FleetLog
from events.store import FleetStore
from netstab.power.allocation import PowerMode


@pytest.fixture
def head(url: str, monkeypatch: pytest.MonkeyPatch) -> Head:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 10)
    with closing(FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)) as log:
        record_everything(log)
    return log.head


def verdict(url: str, expected: Head) -> Verdict:
    with closing(FleetStore(url, read_only=True)) as store:
        return audit(store, expected=expected)


def test_an_untouched_log_holds(url: str, head: Head) -> None:
    assert verdict(url, head) == Verdict(head)


@pytest.mark.parametrize(
    "changes",
    [
        ["UPDATE stored_events SET topic = 'events.fleet:Fleet.Deactivated' WHERE originator_version = 12"],
        ["UPDATE stored_events SET state = CAST('{}' AS BLOB) WHERE originator_version = 12"],
        ["DELETE FROM stored_events WHERE originator_version = 12"],
        [
            "UPDATE stored_events SET originator_version = -1 WHERE originator_version = 12",
            "UPDATE stored_events SET originator_version = 12 WHERE originator_version = 15",
            "UPDATE stored_events SET originator_version = 15 WHERE originator_version = -1",
        ],
        [
            "UPDATE stored_events SET originator_version = -originator_version WHERE originator_version > 11",
            """UPDATE stored_events SET originator_version = 1 - originator_version
                WHERE originator_version < 0""",
            """INSERT INTO stored_events (originator_id, originator_version, topic, state)
                SELECT originator_id, 12, topic, state FROM stored_events WHERE originator_version = 5""",
        ],
        [
            "DELETE FROM stored_events WHERE originator_version >= 12",
            "DELETE FROM stored_snapshots WHERE originator_version >= 12",
        ],
    ],
    ids=["topic", "state", "removed", "swapped", "inserted", "cut off"],
)
def test_the_first_bad_event_is_named(url: str, database: Database, head: Head, changes: list[str]) -> None:
    for change in changes:
        database.execute(change)
    assert verdict(url, head).bad_version == 12


def test_a_tampered_snapshot_is_found(url: str, database: Database, head: Head) -> None:
    other = "SELECT state FROM stored_snapshots WHERE originator_version = 20"
    database.execute(f"UPDATE stored_snapshots SET state = ({other}) WHERE originator_version = 10")  # noqa: S608
    assert verdict(url, head).bad_version == 10


def test_a_server_that_writes_on_while_its_log_is_walked_has_no_bad_event(
    url: str, head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.audit.PAGE", head.version)
    walked = []

    def write_on(version: int) -> None:
        walked.append(version)
        if len(walked) < 4:
            record_everything(log)

    with (
        closing(FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)) as log,
        closing(FleetStore(url, read_only=True)) as store,
    ):
        leftovers = store.newest_snapshot_version

        def written_on() -> int:
            record_everything(log)
            return leftovers()

        monkeypatch.setattr(store, "newest_snapshot_version", written_on)
        found = audit(store, expected=head, progress=write_on)
    assert found.bad_version is None
    assert head.version < found.head.version < log.head.version
