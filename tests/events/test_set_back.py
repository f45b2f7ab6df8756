"""A host's clock that was set back leaves a log in which every moment is still found."""

from datetime import UTC, datetime

from databases import Database
from recording import STARTED, SteppedClock, origin

from events.commands import Activate
from events.history import HistoryReader, Period
from events.log import FleetLog
from netstab.power.allocation import PowerMode
from netstab.units import WallTime, Watts

HOUR = 3600.0


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(STARTED + second, UTC)


def recorded(url: str, *times: float) -> list[int]:
    """Record a command at each of these seconds in a log that begins at the first; give the versions."""
    clock = SteppedClock()
    clock.now = WallTime(STARTED + times[0] - 1)
    log = FleetLog(url, clock, PowerMode.FREQUENCY)
    versions = []
    for number, second in enumerate(times):
        clock.now = WallTime(STARTED + second - 1)
        versions.append(log.accept(Activate(Watts(100.0 + number)), origin(number=number + 1), ""))
    log.close()
    return versions


def found(url: str, since: float, until: float) -> list[int]:
    reader = HistoryReader(url)
    records = reader.recent(1000, period=Period(moment(since), moment(until)))
    reader.close()
    return [each.version for each in records]


def version_at(url: str, second: float) -> int:
    reader = HistoryReader(url)
    state = reader.state(moment(second))
    reader.close()
    return state.version if state else 0


def test_what_a_clock_ahead_recorded_hides_nothing_of_what_came_after(url: str) -> None:
    ahead, right, later = recorded(url, 2 * HOUR, 60, 120)
    assert [version_at(url, second) for second in (59, 60, 119, 120, HOUR)] == [0, right, right, later, later]
    assert version_at(url, 2 * HOUR) == ahead
    assert found(url, 0, HOUR) == [later, right]
    assert found(url, HOUR, 3 * HOUR) == [ahead]
    assert found(url, 0, 3 * HOUR) == [later, right, ahead]


def test_a_clock_that_was_far_behind_for_a_moment_hides_nothing_of_what_came_before(url: str) -> None:
    first, second, lost, third = recorded(url, 0, HOUR, -1e8, 2 * HOUR)
    assert [version_at(url, at) for at in (10, HOUR + 10, 2 * HOUR)] == [first, second, third]
    assert version_at(url, -1e7) == lost
    assert found(url, -10, 3 * HOUR) == [third, second, first]


def test_an_index_that_is_built_anew_knows_where_the_clock_was_set_back(url: str, database: Database) -> None:
    ahead, right = recorded(url, 2 * HOUR, 60)
    tables = ("netstab_commands", "netstab_command_index", "netstab_marks")
    for table in tables:
        database.execute(f"DROP TABLE {table}")
    FleetLog(url, SteppedClock(), PowerMode.FREQUENCY).close()
    assert (version_at(url, 100), found(url, 0, HOUR)) == (right, [right])
    assert version_at(url, 3 * HOUR) == ahead


def test_the_first_event_after_an_older_software_left_times_ahead_is_seen_as_set_back(
    url: str, database: Database
) -> None:
    recorded(url, 2 * HOUR)
    database.execute("DELETE FROM netstab_marks WHERE name = 'newest'")
    [right] = recorded(url, 60)
    assert (version_at(url, 100), found(url, 0, HOUR)) == (right, [right])


def test_a_clock_that_is_set_back_again_and_again_makes_no_question_long_or_wrong_for_now(url: str) -> None:
    *_, newest = recorded(url, *(10_000.0 - 100 * number for number in range(80)), 0.0)
    assert version_at(url, 0) == newest
    assert found(url, 0, 1) == [newest]
