import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from recording import SteppedClock, record_everything

from events.chain import GENESIS, Head, digest, verify
from events.fleet import FLEET_ID
from events.log import FleetLog
from netstab.power.allocation import PowerMode

Rows = Sequence[StoredEvent]


def read(path: Path) -> Rows:
    database = sqlite3.connect(path)
    found = database.execute("SELECT * FROM stored_events ORDER BY originator_version").fetchall()
    database.close()
    return [StoredEvent(*row) for row in found]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    path = tmp_path_factory.mktemp("chain") / "log.db"
    log = FleetLog(str(path), SteppedClock(), PowerMode.FREQUENCY)
    record_everything(log)
    log.close()
    return read(path)


def head_of(rows: Rows) -> Head:
    return Head(rows[-1].originator_version, digest(rows[-1]))


def flip(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position // 8 % len(content)] ^= 1 << position % 8
    return bytes(changed)


def test_the_digest_is_that_of_the_documented_form() -> None:
    row = StoredEvent(FLEET_ID, 12, "events.fleet:Fleet.Activated", b'{"previous":"00"}')
    form = b"".join(
        len(part).to_bytes(8, "big") + part
        for part in (FLEET_ID.hex.encode(), b"12", b"events.fleet:Fleet.Activated", b'{"previous":"00"}')
    )
    assert digest(row) == hashlib.sha256(form).hexdigest()


def test_the_digest_is_the_same_however_a_reader_gives_the_id() -> None:
    row = StoredEvent(FLEET_ID, 1, "topic", b"state")
    assert digest(row) == digest(replace(row, originator_id=FLEET_ID.hex))


@given(cut=st.integers(0, 6))
def test_no_two_rows_share_a_canonical_form(cut: int) -> None:
    together = "abcdef"
    row = StoredEvent(FLEET_ID, 1, together[:cut], together[cut:].encode())
    others = [StoredEvent(FLEET_ID, 1, together[:at], together[at:].encode()) for at in range(7) if at != cut]
    assert digest(row) not in {digest(other) for other in others}


def test_an_untouched_log_holds_and_gives_its_head(rows: Rows) -> None:
    assert verify(rows) == verify(rows, expected=head_of(rows))
    assert verify(rows).head == head_of(rows)
    assert verify(rows).bad_version is None
    assert verify([]).head == GENESIS


def test_the_walk_goes_on_from_a_known_head(rows: Rows) -> None:
    known = head_of(rows[:7])
    assert verify(rows[7:], after=known, expected=head_of(rows)).head == head_of(rows)
    assert verify(rows[7:], after=Head(7, "0" * 64)).bad_version == 8


def test_a_log_may_have_grown_past_the_expected_head(rows: Rows) -> None:
    assert verify(rows, expected=head_of(rows[:5])).bad_version is None


def test_only_an_expected_head_shows_that_the_end_was_cut_off(rows: Rows) -> None:
    assert verify(rows[:-2]).bad_version is None
    assert verify(rows[:-2], expected=head_of(rows)).bad_version == len(rows) - 1
    assert verify([], expected=head_of(rows)).bad_version == 1


@settings(max_examples=150)
@given(data=st.data())
def test_any_changed_bit_is_found_in_the_event_it_was_changed_in(rows: Rows, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    changed = data.draw(
        st.sampled_from(
            [
                replace(row, state=flip(row.state, data.draw(st.integers(0, 8 * len(row.state))))),
                replace(
                    row, topic=flip(row.topic.encode(), data.draw(st.integers(0, 300))).decode("latin-1")
                ),
                replace(row, originator_id=UUID(int=data.draw(st.integers(0, 2**128 - 1))).hex),
                replace(row, originator_version=row.originator_version + data.draw(st.integers(100, 200))),
            ]
        )
    )
    tampered = sorted([*rows[:index], changed, *rows[index + 1 :]], key=lambda row: row.originator_version)
    assert verify(tampered, expected=head_of(rows)).bad_version == row.originator_version


@given(index=st.integers(0, 10))
def test_a_removed_event_is_named(rows: Rows, index: int) -> None:
    assert verify([*rows[:index], *rows[index + 1 :]], expected=head_of(rows)).bad_version == index + 1


@given(index=st.integers(0, 10))
def test_a_removed_event_is_named_even_when_the_rest_is_renumbered(rows: Rows, index: int) -> None:
    rest = [replace(row, originator_version=row.originator_version - 1) for row in rows[index + 1 :]]
    assert verify([*rows[:index], *rest], expected=head_of(rows)).bad_version == index + 1


@given(pair=st.lists(st.integers(0, 10), min_size=2, max_size=2, unique=True).map(sorted))
def test_of_two_swapped_events_the_first_is_named(rows: Rows, pair: list[int]) -> None:
    first, second = pair
    swapped = list(rows)
    swapped[first] = replace(rows[second], originator_version=first + 1)
    swapped[second] = replace(rows[first], originator_version=second + 1)
    assert verify(swapped, expected=head_of(rows)).bad_version == first + 1


@given(index=st.integers(0, 10))
def test_an_inserted_event_is_named(rows: Rows, index: int) -> None:
    moved = [replace(row, originator_version=row.originator_version + 1) for row in rows[index:]]
    false = StoredEvent(FLEET_ID, index + 1, "events.fleet:Fleet.Deactivated", b"{}")
    assert verify([*rows[:index], false, *moved], expected=head_of(rows)).bad_version == index + 1


def test_a_change_in_the_database_file_is_named(log: FleetLog, path: Path) -> None:
    record_everything(log)
    database = sqlite3.connect(path)
    database.execute(
        "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '2000.0', '2001.0') AS BLOB) "
        "WHERE originator_version = 4"
    )
    database.commit()
    database.close()
    assert verify(read(path), expected=log.head).bad_version == 4
