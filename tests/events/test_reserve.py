"""The reserve file on a real disk: kept over a kill, damaged, shared, full, and one that stands still."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from recording import STARTED, origin
from waiting import running_time, wait_until

from events.chain import Head
from events.commands import Command, Deactivate, SetLimit
from events.reserve import Reserve
from events.reserve_format import FILE, MOST, SLOT, Entry, Kept, Refused, entry_of
from events.state import Source
from netstab.units import WallTime, Watts


def entry(number: int = 1, command: Command | None = None) -> Entry:
    head = Head(7, "ab" * 32)
    return entry_of(command or Deactivate(), origin(Source.EMS, number), "", WallTime(STARTED), head, 8)


def kept_at(path: Path) -> tuple[Kept, ...]:
    with closing(Reserve.at(path)) as reserve:
        return reserve.kept


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db.reserve"


def test_its_room_is_taken_before_it_is_needed(path: Path) -> None:
    with closing(Reserve.at(path)) as reserve:
        assert path.stat().st_size == FILE
        assert path.stat().st_blocks * 512 >= FILE
        assert path.stat().st_mode & 0o077 == 0
        assert reserve.unrecorded.sentence == ""


def test_what_is_kept_is_on_the_disk_at_once_and_forgotten_when_it_is_recorded(path: Path) -> None:
    with closing(Reserve.at(path)) as reserve:
        reserve.keep(entry(1))
        reserve.keep(Refused("id"))
        assert reserve.unrecorded.count == 1
        copied = path.with_suffix(".copy")
        copied.write_bytes(path.read_bytes())  # as it stands if the process is killed now
        assert kept_at(copied) == (entry(1), Refused("id"))
        reserve.clear()
        reserve.keep(entry(2))
    assert kept_at(path) == (entry(2),)


def test_more_than_it_has_room_for_goes_on_being_kept(path: Path) -> None:
    with closing(Reserve.at(path)) as reserve:
        for number in range(3 * MOST):
            reserve.keep(entry(number, SetLimit("grid", Watts(1000.0 - number))))
        last = reserve.kept
        assert path.stat().st_size == FILE
    assert kept_at(path) == last
    assert isinstance(last[-1], Entry)
    assert last[-1].command == SetLimit("grid", Watts(1000.0 - 3 * MOST + 1))


def test_a_damaged_file_is_put_aside_and_what_can_be_read_of_it_is_kept(path: Path) -> None:
    with closing(Reserve.at(path)) as reserve:
        for number in range(3):
            reserve.keep(entry(number))
    with path.open("r+b") as file:
        file.seek(path.read_bytes().index(b'"number":2') - 10)
        file.write(b"?")
    with closing(Reserve.at(path)) as reserve:
        assert "put aside" in reserve.damage
        assert reserve.unrecorded.faults == (reserve.damage,)
        assert reserve.kept == (entry(0),)
        assert (path.parent / f"{path.name}.damaged-1").stat().st_size == FILE
        reserve.keep(entry(5))
    with closing(Reserve.at(path)) as reserve:
        assert (reserve.damage, reserve.kept) == ("", (entry(0), entry(5)))


def test_a_file_that_another_server_has_is_done_without(path: Path) -> None:
    with closing(Reserve.at(path)) as first, closing(Reserve.at(path)) as second:
        second.keep(entry())
        assert "another server" in second.unrecorded.sentence
        assert "another server" in second.unrecorded.faults[0]
        assert second.kept == (entry(),)
        assert first.kept == ()
    assert kept_at(path) == ()


def test_a_place_where_no_file_can_be_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with closing(Reserve.at(tmp_path / "file" / "reserve")) as reserve:
        reserve.keep(entry())
        assert "a restart would forget it" in reserve.unrecorded.sentence


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_does_not_hinder_it_and_one_that_fails_is_made_up_for(path: Path) -> None:
    with closing(Reserve.at(path)) as reserve:
        with no_file_grows_beyond(FILE):
            reserve.keep(entry(1))
            assert reserve.unrecorded.trouble == ""
        with no_file_grows_beyond(SLOT):
            reserve.keep(entry(2))
            assert "cannot be written" in reserve.unrecorded.trouble
        reserve.tend()
        assert reserve.unrecorded.trouble == ""
    assert kept_at(path) == (entry(1), entry(2))


def test_a_disk_that_stands_still_holds_nobody_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, sync = threading.Event(), os.fdatasync

    def stands_still(file: int) -> None:
        goes_on.wait()
        sync(file)

    with closing(Reserve.at(path)) as reserve:
        monkeypatch.setattr(os, "fdatasync", stands_still)
        began = running_time()
        for number in range(3):
            reserve.keep(entry(number))
        assert running_time() - began < 3
        assert "stands still" in reserve.unrecorded.sentence
        goes_on.set()

        def written() -> bool:
            reserve.tend()
            return not reserve.unrecorded.trouble

        wait_until(written)
        assert reserve.kept == (entry(0), entry(1), entry(2))
    assert kept_at(path) == (entry(0), entry(1), entry(2))
