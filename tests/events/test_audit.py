"""Every change to a stored row is found, and the first bad event is named."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording import SteppedClock, miner, origin, record_everything

from events.audit import audit
from events.chain import GENESIS, Head, Verdict
from events.commands import Activate, RegisterMiners
from events.log import FleetLog
from events.snapshot import StateSnapshot
from events.store import FleetStore
from netstab.power.allocation import PowerMode
from netstab.units import Watts

EVENTS = 50
INTERVAL = 10

Statement = tuple[str, Sequence[Any]]


class Recorded:
    """A log with snapshots, which is laid out anew for every change that is made to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log.db"
        self.heads = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("events.log.SNAPSHOT_INTERVAL", INTERVAL)
            log = FleetLog(str(self.path), SteppedClock(), PowerMode.FREQUENCY)
            record_everything(log)
            while log.state.version < EVENTS:
                version = log.state.version
                log.accept(Activate(Watts(float(version))), origin(number=version), "größer")
                self.heads[log.head.version] = log.head
            log.close()
        self.head = log.head
        self._content = self.path.read_bytes()

    def verdict(self, *changes: Statement, after: Head = GENESIS, expected: Head | None = None) -> Verdict:
        self.path.write_bytes(self._content)
        database = sqlite3.connect(self.path)
        database.create_function("flip", 2, flip)
        for statement, values in changes:
            database.execute(statement, values)
        database.commit()
        database.close()
        store = FleetStore(str(self.path), read_only=True)
        try:
            return audit(store, after, expected)
        finally:
            store.close()


def flip(stored: str | bytes, bit: int) -> bytes:
    """Change one bit of what is stored, be it the same text afterwards or none at all."""
    changed = bytearray(stored.encode() if isinstance(stored, str) else stored)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


def flipped(table: str, column: str, version: int, bit: int) -> Statement:
    kind = "BLOB" if column == "state" else "TEXT"
    change = f"{column} = CAST(flip({column}, ?) AS {kind}) WHERE originator_version = ?"
    return f"UPDATE {table} SET {change}", (bit, version)  # noqa: S608


def removed(version: int) -> Statement:
    return "DELETE FROM stored_events WHERE originator_version = ?", (version,)


def moved(version: float, to: float) -> Statement:
    return "UPDATE stored_events SET originator_version = ? WHERE originator_version = ?", (to, version)


def shifted(after: int, by: int) -> list[Statement]:
    """Renumber all later events; by way of negative numbers, for the key is unique."""
    away = (
        "UPDATE stored_events SET originator_version = -originator_version - ? WHERE originator_version > ?"
    )
    back = "UPDATE stored_events SET originator_version = -originator_version WHERE originator_version < 0"
    return [(away, (by, after)), (back, ())]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("audit"))


versions = st.integers(1, EVENTS)
bits = st.integers(0, 5_000)


def test_an_untouched_log_holds_with_its_snapshots(recorded: Recorded) -> None:
    assert recorded.verdict() == Verdict(recorded.head)
    assert recorded.verdict(expected=recorded.head) == Verdict(recorded.head)


@settings(max_examples=80)
@given(version=versions, bit=bits, column=st.sampled_from(["state", "state", "topic", "originator_id"]))
def test_one_changed_bit_is_found_in_its_event(
    recorded: Recorded, version: int, bit: int, column: str
) -> None:
    verdict = recorded.verdict(flipped("stored_events", column, version, bit), expected=recorded.head)
    assert verdict.bad_version == version


@settings(max_examples=30)
@given(version=versions, to=st.integers(EVENTS + 1, 10**12) | st.integers(-5, 0) | st.just(7.5))
def test_an_event_of_another_version_is_found(recorded: Recorded, version: int, to: float) -> None:
    verdict = recorded.verdict(moved(version, to), expected=recorded.head)
    assert verdict.bad_version == min(version, to if to < EVENTS else version)


@settings(max_examples=20)
@given(version=versions)
def test_a_removed_event_is_named_renumbered_or_not(recorded: Recorded, version: int) -> None:
    for changes in ([removed(version)], [removed(version), *shifted(version, -1)]):
        assert recorded.verdict(*changes, expected=recorded.head).bad_version == version


@settings(max_examples=20)
@given(pair=st.lists(versions, min_size=2, max_size=2, unique=True).map(sorted))
def test_of_two_swapped_events_the_first_is_named(recorded: Recorded, pair: list[int]) -> None:
    first, second = pair
    changes = [moved(first, 0.5), moved(second, first), moved(0.5, second)]
    assert recorded.verdict(*changes, expected=recorded.head).bad_version == first


@settings(max_examples=20)
@given(version=versions, source=versions)
def test_an_inserted_event_is_named(recorded: Recorded, version: int, source: int) -> None:
    copy = """INSERT INTO stored_events
        SELECT originator_id, ?, topic, state FROM stored_events WHERE originator_version = ?"""
    changes = [*shifted(version - 1, 1), (copy, (version, source + (source >= version)))]
    first_that_differs = version + (source == version)
    assert recorded.verdict(*changes, expected=recorded.head).bad_version == first_that_differs


def test_a_state_of_another_type_is_found_though_it_reads_the_same(recorded: Recorded) -> None:
    for column, kind in (("state", "TEXT"), ("topic", "BLOB")):
        change = f"{column} = CAST({column} AS {kind}) WHERE originator_version = 17"
        assert recorded.verdict((f"UPDATE stored_events SET {change}", ())).bad_version == 17  # noqa: S608


def test_a_row_of_another_stream_is_found(recorded: Recorded) -> None:
    strange = (
        "INSERT INTO stored_events SELECT 'ff', originator_version, topic, state FROM stored_events LIMIT 2"
    )
    verdict = recorded.verdict((strange, ()))
    assert verdict.bad_version == EVENTS + 1
    assert "2 rows" in verdict.reason


@settings(max_examples=60)
@given(number=st.integers(1, 5), bit=bits, column=st.sampled_from(["state", "state", "topic"]))
def test_one_changed_bit_of_a_snapshot_is_found(
    recorded: Recorded, number: int, bit: int, column: str
) -> None:
    verdict = recorded.verdict(flipped("stored_snapshots", column, number * INTERVAL, bit))
    assert verdict.bad_version == number * INTERVAL
    assert "snapshot" in verdict.reason


def test_a_snapshot_in_anothers_place_is_found(recorded: Recorded) -> None:
    other = "SELECT state FROM stored_snapshots WHERE originator_version = 30"
    swap = f"UPDATE stored_snapshots SET state = ({other}) WHERE originator_version = 20"  # noqa: S608
    assert recorded.verdict((swap, ())).bad_version == 20
    move = "UPDATE stored_snapshots SET originator_version = 25 WHERE originator_version = 20"
    assert recorded.verdict((move, ())).bad_version == 25


def test_a_false_snapshot_with_a_true_checksum_is_found(recorded: Recorded) -> None:
    store = FleetStore(str(recorded.path), read_only=True)
    fleet: Any = store.fleet(20)
    fleet.state = store.fleet(19).state  # type: ignore[union-attr]
    false = store.mapper.to_stored_event(StateSnapshot.take(fleet)).state
    store.close()
    change = "UPDATE stored_snapshots SET state = ? WHERE originator_version = 20"
    assert recorded.verdict((change, (false,))).bad_version == 20


@pytest.mark.parametrize(("first", "second", "holds"), [(2, 1, True), (1, 2, False)])
def test_a_snapshot_may_have_miners_in_another_order_and_not_what_is_known_of_another(
    tmp_path: Path, first: int, second: int, *, holds: bool
) -> None:
    path, (one, two) = tmp_path / "log.db", (miner(1), miner(2))
    log = FleetLog(str(path), SteppedClock(), PowerMode.FREQUENCY)
    log.accept(RegisterMiners((one, two), "add"), origin(), "")
    log.measured({one.miner_id: (0.9, 1.0), two.miner_id: (0.8, 2.0)}, 1.0)
    log.close()
    with closing(FleetStore(str(path))) as store:
        fleet: Any = store.fleet()
        known = reversed(fleet.state.experience.values())
        turned = zip((miner(first).miner_id, miner(second).miner_id), known, strict=True)
        fleet.state = replace(fleet.state, experience=MappingProxyType(dict(turned)))
        store.snapshots.put([StateSnapshot.take(fleet)])
        assert audit(store).bad_version == (None if holds else log.head.version)


def test_a_bad_event_is_named_rather_than_the_snapshot_that_it_spoils(recorded: Recorded) -> None:
    power = """UPDATE stored_events SET state = CAST(
        replace(CAST(state AS TEXT), '"power":46.0', '"power":99.0') AS BLOB) WHERE originator_version = 47"""
    assert recorded.verdict((power, ())).bad_version == 47


def test_a_snapshot_shows_that_the_end_was_cut_off_even_without_a_head(recorded: Recorded) -> None:
    cut = "DELETE FROM stored_events WHERE originator_version > 45"
    assert recorded.verdict((cut, ())).bad_version == 46


def test_without_a_head_the_end_may_be_cut_off_unseen_but_not_with_one(recorded: Recorded) -> None:
    cut = [
        ("DELETE FROM stored_events WHERE originator_version > 45", ()),
        ("DELETE FROM stored_snapshots WHERE originator_version > 45", ()),
    ]
    assert recorded.verdict(*cut).bad_version is None
    assert recorded.verdict(*cut, expected=recorded.head).bad_version == 46
    assert recorded.verdict(*cut, expected=recorded.heads[45]).bad_version is None


def test_a_verification_goes_on_from_a_known_head(recorded: Recorded) -> None:
    known = recorded.heads[46]
    assert recorded.verdict(after=known, expected=recorded.head) == Verdict(recorded.head)
    assert recorded.verdict(flipped("stored_events", "state", 47, 700), after=known).bad_version == 47
    assert recorded.verdict(flipped("stored_events", "state", 46, 700), after=known).bad_version == 46
    assert recorded.verdict(flipped("stored_snapshots", "state", 50, 700), after=known).bad_version == 50
    assert recorded.verdict(flipped("stored_events", "state", 5, 700), after=known).bad_version is None
    assert recorded.verdict(after=Head(46, "0" * 64)).bad_version == 46
