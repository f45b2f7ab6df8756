import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from databases import Database
from eventsourcing.persistence import DatabaseError
from recording import EVERY_COMMAND, ONE, STARTED, SteppedClock, origin, record_everything

from events.commands import (
    Activate,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    MinerAction,
    RegisterMiners,
    SetPowerMode,
)
from events.history import CommandRecord, HistoryReader, Outcome
from events.log import FleetLog, Response
from events.state import Source
from netstab.dispatch.failsafe import FailsafeAction
from netstab.errors import LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.units import Watts


@pytest.fixture
def reader(url: str) -> Iterator[HistoryReader]:
    reader = HistoryReader(url)
    yield reader
    reader.close()


def response(order: int) -> Response:
    return Response(order, ONE.miner_id, "wake", "done", "", STARTED)


def test_a_record_holds_all_that_was_said(log: FleetLog, reader: HistoryReader) -> None:
    version = log.accept(Activate(Watts(2000.0)), origin(number=4), "Fleet activated")
    assert reader.recent(1) == [
        CommandRecord(
            version=version,
            timestamp=log.state.last_ems_command or STARTED,
            command_id=origin(number=4).command_id,
            source=Source.EMS,
            client="127.0.0.1",
            command="activate",
            parameters={"power_kw": 2.0},
            success=True,
            code=None,
            message="Fleet activated",
            outcome=Outcome.UNDER_WAY,
        )
    ]


def test_a_rejected_command_is_shown_with_its_code(log: FleetLog, reader: HistoryReader) -> None:
    log.reject(Deactivate(), origin(), "MANUAL_OVERRIDE", "Manual override is active.")
    [record] = reader.recent(10)
    assert (record.success, record.code) == (False, "MANUAL_OVERRIDE")
    assert record.outcome is Outcome.REJECTED


def test_commands_alone_are_shown_newest_first(log: FleetLog, reader: HistoryReader) -> None:
    record_everything(log)
    records = reader.recent(1000)
    names = [command.name for command in EVERY_COMMAND]
    assert [record.command for record in records] == [
        "deactivate",
        "activate",
        "activate",
        "activate",
        "set_limit",
        "activate",
        *names[::-1],
    ]
    versions = [record.version for record in records]
    assert versions == sorted(versions, reverse=True)
    assert [record.version for record in reader.recent(3)] == versions[:3]
    assert reader.recent(0) == []


def test_an_order_is_under_way_until_what_came_of_it_is_recorded(
    log: FleetLog, reader: HistoryReader
) -> None:
    first = log.accept(Activate(Watts(1.0)), origin(), "")
    second = log.accept(Activate(Watts(2.0)), origin(), "")
    log.responses([response(first)])
    assert [(each.version, each.outcome) for each in reader.recent(2)] == [
        (second, Outcome.UNDER_WAY),
        (first, Outcome.UNDER_WAY),
    ]


def test_what_one_miner_is_told_is_pending_until_it_has_responded(
    log: FleetLog, reader: HistoryReader
) -> None:
    log.accept(RegisterMiners((ONE,), "scan"), origin(Source.SYSTEM), "")
    stop = ControlMiner(ONE.miner_id, MinerAction.STOP)
    first = log.accept(stop, origin(Source.DASHBOARD), "")
    log.accept(stop, origin(Source.DASHBOARD), "")
    log.responses([response(first)])
    assert [each.outcome for each in reader.recent(2)] == [Outcome.PENDING, Outcome.ANSWERED]


def test_a_command_that_its_miner_said_no_to_is_shown_as_refused_with_the_reason(
    log: FleetLog, reader: HistoryReader
) -> None:
    asked = log.accept(ControlMiner(ONE.miner_id, MinerAction.STOP), origin(), "stop commanded")
    later = log.accept(ControlMiner(ONE.miner_id, MinerAction.STOP), origin(number=2), "stop commanded")
    no = Response(asked, ONE.miner_id, "sleep", "refused", "Its write access is closed.", STARTED)
    log.responses([no, Response(later, ONE.miner_id, "sleep", "failed", "No answer.", STARTED)])
    answered, refused = reader.recent(2)
    assert (answered.outcome, answered.message) == (Outcome.ANSWERED, "stop commanded")
    assert refused.outcome is Outcome.REJECTED
    assert refused.message == "stop commanded (refused by the miner: Its write access is closed.)"


def test_a_restart_cuts_off_what_no_miner_had_responded_to(log: FleetLog, reader: HistoryReader) -> None:
    done = log.accept(Activate(Watts(1.0)), origin(), "")
    log.responses([response(done)])
    log.accept(Activate(Watts(2.0)), origin(), "")
    log.accept(SetPowerMode(PowerMode.ON_OFF), origin(Source.DASHBOARD), "")
    log.server_started("0.1.0")
    log.accept(Activate(Watts(3.0)), origin(), "")
    assert [each.outcome for each in reader.recent(10)] == [
        Outcome.UNDER_WAY,
        Outcome.DONE,
        Outcome.CUT_OFF,
        Outcome.UNDER_WAY,
    ]


def test_a_failsafe_that_holds_the_order_in_force_asks_nothing_of_miners(
    log: FleetLog, reader: HistoryReader
) -> None:
    log.accept(EnterFailsafe(FailsafeAction.STANDBY, None, STARTED), origin(Source.SYSTEM), "")
    log.accept(EnterFailsafe(FailsafeAction.HOLD, None, STARTED), origin(Source.SYSTEM), "")
    assert [each.outcome for each in reader.recent(2)] == [Outcome.DONE, Outcome.UNDER_WAY]


def test_an_order_that_was_taken_up_after_a_restart_is_not_cut_off(
    log: FleetLog, reader: HistoryReader
) -> None:
    order = log.accept(Activate(Watts(2.0)), origin(), "")
    log.server_started("0.1.0")
    log.responses([response(order)])
    assert reader.recent(1)[0].outcome is Outcome.UNDER_WAY


def test_many_threads_may_read_while_the_log_is_written(log: FleetLog, reader: HistoryReader) -> None:
    log.accept(RegisterMiners((ONE,), "scan"), origin(Source.SYSTEM), "")
    with ThreadPoolExecutor(30) as pool:
        reads = [pool.submit(reader.recent, 50) for _ in range(60)]
        for number in range(60):
            log.accept(Activate(Watts(float(number))), origin(), "")
        seen = [[record.version for record in read.result(timeout=60)] for read in reads]
    assert all(versions == list(range(versions[0], versions[-1] - 1, -1)) for versions in seen)
    assert reader.recent(1)[0].version == log.state.version


def test_history_is_read_after_the_writer_is_gone(log: FleetLog, reader: HistoryReader, path: Path) -> None:
    record_everything(log)
    log.close()
    before = path.read_bytes()
    assert len(reader.recent(1000)) == len(EVERY_COMMAND) + 6
    assert path.read_bytes() == before


def test_a_reader_never_writes(log: FleetLog, reader: HistoryReader) -> None:
    reader.recent(1)
    with (
        pytest.raises((sqlite3.Error, DatabaseError), match=r"read-?only"),
        reader._store.transaction(commit=True) as cursor,
    ):
        cursor.execute("DELETE FROM netstab_commands")


def test_a_log_that_does_not_exist_is_unavailable_until_it_is_begun(url: str, reader: HistoryReader) -> None:
    with pytest.raises(LogUnavailable, match="cannot be read"):
        reader.recent(1)
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    assert reader.recent(1) == []
    log.close()


def test_a_damaged_event_is_unavailable(log: FleetLog, reader: HistoryReader, database: Database) -> None:
    record_everything(log)
    database.execute("UPDATE stored_events SET state = '{' WHERE originator_version = 5")
    with pytest.raises(LogUnavailable, match="cannot be read"):
        reader.recent(1000)
