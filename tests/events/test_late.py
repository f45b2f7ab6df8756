"""What was carried out unrecorded is recorded once, with its own time; what was refused is withdrawn."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from databases import Database
from hypothesis import given
from hypothesis import strategies as st
from recording import STARTED, SteppedClock, origin

from events.audit import audit
from events.authority import ruling
from events.chain import GENESIS
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    MinerAction,
    Release,
    SetLimit,
    SetOverride,
)
from events.fleet import Fleet
from events.history import HistoryReader, Outcome
from events.index import Asked
from events.late import foreseen
from events.log import FleetLog
from events.repetition import Repetition
from events.reserve_format import Entry, Kept, Refused, entry_of, merged
from events.state import FRONTS, FleetState, Source
from events.store import FleetStore
from netstab.dispatch.failsafe import FailsafeAction
from netstab.power.allocation import PowerMode
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts


def shed(log: FleetLog, command: Command | None = None, number: int = 1, after: int = 0) -> Entry:
    at = WallTime(STARTED + number / 100)
    version = log.state.version + 1 + after
    return entry_of(command or Deactivate(), origin(Source.EMS, number), "stopping", at, log.head, version)


def topics(database: Database) -> list[str]:
    return [topic.rpartition(".")[2] for _, _, topic, _ in database.rows()]


def reopened(url: str) -> FleetState:
    with closing(FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)) as log:
        return log.state


def assert_verified(url: str) -> None:
    with closing(FleetStore(url, read_only=True)) as store:
        assert audit(store).bad_version is None


def test_a_shed_is_recorded_with_its_own_time_and_as_late(
    log: FleetLog, database: Database, url: str
) -> None:
    log.accept(Activate(Watts(2000.0)), origin(Source.EMS, 9), "")
    entry = replace(shed(log), count=3, last=WallTime(STARTED + 150))
    numbers = log.take_up([entry], "the disk was full")
    state = json.loads(database.rows()[-1][3])
    assert topics(database)[-1] == "Deactivated"
    assert numbers == {entry.version: log.state.version}
    assert log.state.order is not None
    assert log.state.order.since == entry.at
    assert log.state.last_ems_command == entry.at
    assert state["recorded_late"] > entry.at
    with closing(HistoryReader(url)) as reader:
        [found, _] = [one for chunk in reader.chunks(Asked()) for one in chunk][::-1]
    assert (found.timestamp, found.success) == (entry.at, True)
    assert "recorded late" in found.message
    assert "the disk was full" in found.message
    assert found.parameters.keys() == {"recorded_late", "repeated", "until"}
    assert_verified(url)


def test_what_is_recorded_already_is_not_recorded_again(log: FleetLog, database: Database) -> None:
    entries = [shed(log), shed(log, SetLimit("grid", Watts(0.0)), 2, 1)]
    log.take_up(entries[:1], "")
    log.take_up(entries, "")
    log.take_up(entries, "")
    assert topics(database) == ["Commissioned", "Deactivated", "LimitSet"]


def test_what_another_servers_orders_have_overtaken_is_on_record_and_changes_nothing(
    log: FleetLog, database: Database, url: str
) -> None:
    entry, limit = shed(log), shed(log, SetLimit("grid", Watts(0.0)), 2, 1)
    log.accept(Activate(Watts(2000.0)), origin(Source.EMS, 9), "by another server")
    log.take_up([entry, limit], "")
    assert topics(database)[-2:] == ["ShedOvertaken", "LimitSet"]
    assert log.state.order is not None
    assert log.state.order.target == 2000.0
    assert log.state.limits["grid"].power < 1
    assert reopened(url) == log.state


def test_on_a_log_of_another_past_a_shed_holds(log: FleetLog, database: Database) -> None:
    entry = shed(log)
    log.accept(Activate(Watts(2000.0)), origin(Source.EMS, 9), "")
    log.take_up([replace(entry, after=replace(entry.after, digest="0" * 64))], "")
    assert topics(database)[-1] == "Deactivated"


@pytest.mark.parametrize(
    "command",
    [
        Activate(Watts(2000.0)),
        SetOverride(enabled=True, target=Watts(5.0)),
        SetLimit("grid", Watts(7.0)),
    ],
)
def test_what_was_refused_and_is_on_record_is_withdrawn_and_all_is_as_before(
    log: FleetLog, database: Database, url: str, command: Command
) -> None:
    log.accept(Activate(Watts(1000.0)), origin(Source.EMS, 8), "")
    before = log.state
    log.accept(command, origin(Source.EMS, 9), "answered as refused")
    refused = Refused(origin(Source.EMS, 9).command_id)
    log.take_up([refused], "")
    log.take_up([refused, Refused("never recorded")], "")
    assert topics(database).count("CommandWithdrawn") == 1
    assert replace(log.state, version=before.version) == before
    assert reopened(url) == log.state
    assert_verified(url)


@pytest.mark.parametrize(
    ("command", "source"),
    [
        (Activate(Watts(7.0), WallTime(STARTED + 60)), Source.S2),
        (Deactivate(), Source.EMS),
        (Release(), Source.MQTT),
        (EnterFailsafe(FailsafeAction.POWER, Watts(7.0), STARTED), Source.SYSTEM),  # leaves setpoints alone
    ],
)
def test_of_several_fronts_each_wants_what_it_did_once_a_command_is_withdrawn(
    log: FleetLog, url: str, command: Command, source: Source
) -> None:
    for number, front in enumerate((Source.MQTT, Source.SCHEDULE), start=7):
        log.accept(Activate(Watts(1000.0)), origin(front, number), "", in_command=Source.MQTT)
    before = log.state
    ruled = ruling(before, command, source, STARTED, FRONTS)
    log.accept(command, origin(source, 9), "answered as refused", in_command=ruled.in_command)
    assert log.state.order != before.order or source is Source.S2
    log.take_up([Refused(origin(source, 9).command_id)], "")
    assert replace(log.state, version=before.version) == before
    assert reopened(url) == log.state


def test_what_others_went_by_since_is_not_withdrawn(log: FleetLog, database: Database) -> None:
    log.accept(Activate(Watts(1000.0)), origin(Source.EMS, 9), "")
    log.server_started("another")
    log.take_up([Refused(origin(Source.EMS, 9).command_id)], "")
    assert topics(database)[-1] == "ServerStarted"


sheds: st.SearchStrategy[Command] = st.one_of(
    st.just(Deactivate()),
    st.just(Activate(Watts(0.0))),
    st.just(ApplyPower(Watts(0.0))),
    st.just(SetOverride(enabled=True, target=None)),
    st.just(EnterFailsafe(FailsafeAction.STANDBY, None, STARTED)),
    st.builds(SetLimit, st.sampled_from(["grid", "site"]), st.integers(0, 3).map(Watts), st.none()),
)


@given(st.lists(sheds, max_size=90))
def test_what_is_kept_of_many_leads_to_the_state_that_all_lead_to(some: list[Command]) -> None:
    fleet = Fleet.commission(PowerMode.ON_OFF, datetime.fromtimestamp(STARTED, UTC), "")
    fleet.collect_events()
    have: tuple[Kept, ...] = ()
    entries = []
    for number, command in enumerate(some):
        entries.append(entry_of(command, origin(Source.EMS, number), "", STARTED, GENESIS, number + 1))
        have = merged(have, entries[-1])
    assert outcome(foreseen(fleet, have)) == outcome(foreseen(fleet, entries))


def outcome(state: FleetState) -> object:
    """Return what a state has miners do, without when and by which command."""
    limits = {limit.source: (limit.power, limit.until) for limit in state.limits.values()}
    order = state.order and state.order.target
    return order, state.override and state.override.target, state.failsafe is None, limits


def test_a_repetition_that_another_server_was_told_since_overtakes_a_shed(
    log: FleetLog, database: Database
) -> None:
    log.accept(Activate(Watts(2000.0)), origin(Source.EMS, 9), "")
    entry = shed(log)
    log.server_started("another")
    repeated(log)
    log.take_up([entry], "")
    assert topics(database)[-1] == "ShedOvertaken"
    assert log.state.order is not None
    assert log.state.order.target == 2000.0


def test_a_repetition_of_before_that_was_recorded_after_does_not(log: FleetLog, database: Database) -> None:
    log.accept(Activate(Watts(2000.0)), origin(Source.EMS, 9), "")
    entry = shed(log)
    repeated(log)
    log.take_up([entry], "")
    assert topics(database)[-1] == "Deactivated"


def repeated(log: FleetLog) -> None:
    """Have the EMS say the order in force again."""
    order = log.state.order
    assert order is not None
    command = Activate(Watts(order.target or 0.0))
    at = Timestamp(STARTED + 60)
    found = Repetition(command, origin(Source.EMS, 7), order.command_id, at, at, at, count=1)
    log.repeated(found, Seconds(0.0))


def test_a_refused_order_that_could_not_be_withdrawn_overtakes_no_shed(
    log: FleetLog, database: Database
) -> None:
    entry = shed(log)
    log.accept(Activate(Watts(2000.0)), origin(Source.EMS, 9), "answered as refused")
    log.server_started("another")
    log.take_up([Refused(origin(Source.EMS, 9).command_id), entry], "")
    assert topics(database)[-1] == "Deactivated"
    assert log.state.order is not None
    assert log.state.order.target is None


def test_a_limit_that_was_refreshed_while_its_recording_was_slow_ends_when_it_was_last_said(
    log: FleetLog, database: Database, url: str
) -> None:
    limit = SetLimit("grid", Watts(500.0), WallTime(STARTED + 60))
    entry = shed(log, limit)
    log.accept(limit, entry.origin, "it came through by itself")
    later = replace(limit, until=WallTime(STARTED + 90))
    entry = replace(entry, command=later, count=2, last=WallTime(STARTED + 30))
    for _ in range(2):
        log.take_up([entry], "")
    assert topics(database)[1:] == ["LimitSet", "LimitRepeated"]
    assert log.state.limits["grid"].until == later.until
    assert reopened(url) == log.state
    assert_verified(url)


def test_what_was_withdrawn_is_shown_as_refused_and_so_it_is_found(
    log: FleetLog, database: Database, url: str
) -> None:
    given, miner = origin(Source.DASHBOARD, 9), MinerId("10.0.0.1")
    log.accept(Activate(Watts(1000.0)), origin(Source.EMS, 8), "")
    version = log.accept(ControlMiner(miner, MinerAction.STOP), given, "stopped")
    log.take_up([Refused(given.command_id)], "")
    assert_withdrawn(url, given.command_id, miner)
    for statement in (
        "DELETE FROM netstab_commands",
        "DELETE FROM netstab_command_index",
        "DELETE FROM netstab_marks",
    ):
        database.execute(statement)
    assert reopened(url) == log.state  # which builds the index anew
    assert_withdrawn(url, given.command_id, miner)
    with closing(FleetStore(url)) as store, store.transaction(commit=True) as cursor:
        store.index.trim(cursor, version)
    with closing(HistoryReader(url)) as reader:
        assert [one.command_id for one in reader.recent(9, Asked(miner_id=miner, success=True))] == [
            given.command_id
        ]


def assert_withdrawn(url: str, command_id: str, miner: MinerId) -> None:
    with closing(HistoryReader(url)) as reader:
        found = reader.command(command_id)
        assert found is not None
        record, _ = found
        assert (record.success, record.code, record.outcome) == (False, "FAULT_STATE", Outcome.WITHDRAWN)
        assert "taken back" in record.message
        assert [each for chunk in reader.chunks(Asked(success=False)) for each in chunk] == [record]
        assert reader.recent(9, Asked(miner_id=miner, success=False)) == [record]
        assert [each.command for each in reader.recent(9, Asked(success=True))] == ["activate"]
