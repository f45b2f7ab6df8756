"""The index beside the log: what it leads to is what the log holds, whatever happened to it."""

from datetime import UTC, datetime

import pytest
from databases import Database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recording import ONE, SteppedClock, delivery, miner, origin, record_everything

from events.commands import Activate, ControlMiner, Deactivate, MinerAction, RegisterMiners
from events.history import CommandRecord, HistoryReader, Outcome, Period
from events.index import ALL, COMMANDS, Asked
from events.log import FleetLog
from events.state import Source
from netstab.dispatch.delivery import Ending
from netstab.errors import LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.units import MinerId, Watts

INDEX = ("netstab_commands", "netstab_command_index", "netstab_marks")


def opened(url: str) -> FleetLog:
    return FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)


def history(url: str, asked: Asked = ALL) -> list[CommandRecord]:
    reader = HistoryReader(url)
    try:
        return reader.recent(1000, asked)
    finally:
        reader.close()


def change(database: Database, *statements: str) -> None:
    for statement in statements:
        database.execute(statement)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = str(tmp_path_factory.mktemp("index") / "log.db")
    log = opened(url)
    record_everything(log)
    for number in range(40):
        log.accept(Activate(Watts(float(number))), origin(list(Source)[number % 3], number), "")
        log.accept(ControlMiner(miner(number % 4).miner_id, MinerAction.STOP), origin(Source.DASHBOARD), "")
        log.reject(Deactivate(), origin(list(Source)[number % 2], number), "MANUAL_OVERRIDE", "no")
    log.close()
    return url


def names(record: CommandRecord, miner_id: MinerId) -> bool:
    parameters = record.parameters
    return miner_id == parameters.get("miner_id") or miner_id in parameters.get("miners", ())


def fits(record: CommandRecord, asked: Asked) -> bool:
    return (
        asked.source in (None, record.source)
        and asked.command in (None, record.command)
        and asked.success in (None, record.success)
        and (asked.miner_id is None or names(record, asked.miner_id))
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.builds(
        Asked,
        source=st.none() | st.sampled_from(Source),
        command=st.none() | st.sampled_from(COMMANDS),
        miner_id=st.none() | st.integers(1, 5).map(lambda number: miner(number).miner_id),
        success=st.none() | st.booleans(),
    ),
    limit=st.integers(1, 200),
    before=st.none() | st.integers(1, 200),
)
def test_a_filter_is_what_looking_at_every_command_would_give(
    recorded: str, asked: Asked, limit: int, before: int | None
) -> None:
    expected = [each for each in history(recorded) if fits(each, asked)]
    reader = HistoryReader(recorded)
    page = reader.recent(limit, asked, before=before)
    chunks = list(reader.chunks(asked))
    reader.close()
    assert page == [each for each in expected if before is None or each.version < before][:limit]
    assert [each for chunk in chunks for each in chunk] == expected[::-1]


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(recorded: str) -> None:
    records = history(recorded)
    reader = HistoryReader(recorded)
    since, until = (datetime.fromtimestamp(records[index].timestamp, UTC) for index in (20, 10))
    assert reader.recent(1000, period=Period(since, until)) == records[11:21]
    assert reader.recent(1000, period=Period(until, since)) == []
    reader.close()


def test_an_index_that_was_lost_is_built_anew_when_the_log_is_opened(url: str, database: Database) -> None:
    log = opened(url)
    record_everything(log)
    log.deliveries([delivery(19)])
    log.close()
    before = history(url)
    change(database, *(f"DROP TABLE {table}" for table in INDEX))
    opened(url).close()
    assert history(url) == before
    assert {each.outcome for each in before} >= {Outcome.REJECTED, Outcome.WITHDRAWN}


def test_what_an_older_software_appended_is_indexed_when_the_log_is_opened(
    url: str, database: Database
) -> None:
    log = opened(url)
    record_everything(log)
    log.close()
    before = history(url)
    change(
        database,
        "DELETE FROM netstab_commands WHERE version > 9",
        "DELETE FROM netstab_command_index WHERE version > 9",
        "UPDATE netstab_marks SET version = 9 WHERE name = 'indexed'",
    )
    opened(url).close()
    assert history(url) == before


def test_an_index_that_knows_more_than_the_log_forgets_it(url: str, database: Database) -> None:
    log = opened(url)
    record_everything(log)
    log.close()
    expected = [each for each in history(url) if each.version <= 12]
    change(database, "DELETE FROM stored_events WHERE originator_version > 12")
    log = opened(url)
    found = history(url)
    assert [each.version for each in found] == [each.version for each in expected]
    version = log.accept(Deactivate(), origin(), "")
    log.close()
    assert history(url)[0].version == version


def test_an_index_that_cannot_be_written_leaves_nothing_half_done(
    log: FleetLog, database: Database, url: str
) -> None:
    log.accept(Activate(Watts(1.0)), origin(), "")
    state = log.state
    change(database, *(f"DROP TABLE {table}" for table in INDEX))
    with pytest.raises(LogUnavailable, match="netstab_"):
        log.accept(Deactivate(), origin(), "")
    assert log.state == state
    log.close()
    log = opened(url)
    assert log.state == state
    assert log.accept(Deactivate(), origin(), "") == state.version + 1
    log.close()
    assert len(history(url)) == 2


def test_a_delivery_says_what_came_of_a_command_and_the_newest_record_counts(log: FleetLog, url: str) -> None:
    first = log.accept(Activate(Watts(1.0)), origin(number=1), "")
    second = log.accept(Activate(Watts(2.0)), origin(number=2), "")
    log.deliveries([delivery(first), delivery(second)])
    log.deliveries([delivery(first, Ending.SUPERSEDED)])
    log.server_started("0.1.0")
    third = log.accept(Activate(Watts(2.0)), origin(number=3), "")
    assert {each.version: each.outcome for each in history(url)} == {
        first: Outcome.REACHED,
        second: Outcome.REACHED,
        third: Outcome.UNDER_WAY,
    }
    reader = HistoryReader(url)
    shown = [reader.command(origin(number=number).command_id) for number in (1, 2, 3, 4)]
    reader.close()
    endings = [found[1].ending if found and found[1] else None for found in shown]
    assert endings == [Ending.SUPERSEDED, Ending.SETTLED, None, None]
    assert shown[0] is not None
    assert shown[0][1] == delivery(first, Ending.SUPERSEDED)
    assert shown[3] is None


def test_ten_thousand_miners_that_register_are_each_found(log: FleetLog, url: str) -> None:
    many = tuple(miner(number) for number in range(1, 10_001))
    version = log.accept(RegisterMiners(many, "scan"), origin(Source.SYSTEM), "")
    assert [each.version for each in history(url, Asked(miner_id=many[-1].miner_id))] == [version]
    assert history(url, Asked(miner_id=ONE.miner_id, success=False)) == []
