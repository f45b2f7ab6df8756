"""The lock of the log, on both databases alike; and reading along with whoever holds it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from databases import Database
from postgres_server import PostgresServer
from recording import SteppedClock, origin, record_everything
from waiting import wait_until

from events.commands import Activate
from events.follower import LogFollower
from events.lock import LogLock, lock_for
from events.log import FleetLog
from netstab.errors import LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.units import Watts

HOLDER = """
import sys
from events.lock import lock_for
from netstab.errors import LogUnavailable
lock, held = lock_for(sys.argv[1]), None
while held is None:
    try:
        held = lock.acquire()
    except LogUnavailable:  # this host is too slow for the server to answer in time
        pass
print(held, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lock(url: str) -> Iterator[LogLock]:
    lock = lock_for(url)
    yield lock
    lock.release()


def soon(lock: LogLock) -> bool:
    return wait_until(lock.acquire)


def test_one_holds_the_lock_until_it_gives_it_back(url: str, lock: LogLock) -> None:
    other = lock_for(url)
    assert not lock.holds()
    assert lock.acquire()
    assert lock.holds()
    assert not other.acquire()
    assert not other.holds()
    lock.release()
    assert not lock.holds()
    assert soon(other)
    other.release()


def test_the_lock_of_a_killed_process_is_free_at_once(url: str, lock: LogLock) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        assert not lock.acquire()
        holder.kill()
        assert soon(lock)


def test_a_lock_file_that_was_replaced_is_lost(lock: LogLock, path: Path) -> None:
    assert lock.acquire()
    file = path.with_name("log.db.lock")
    file.unlink()
    assert not lock.holds()
    file.write_text("")
    assert not lock.holds()


def test_a_lock_that_cannot_be_had_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogUnavailable, match="cannot be locked"):
        lock_for(f"sqlite:///{tmp_path}/file/log.db").acquire()


def test_a_session_that_was_cut_is_a_lost_lock(postgres: PostgresServer) -> None:
    lock = lock_for(postgres.new_database())
    assert lock.acquire()
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    assert not lock.holds()
    assert soon(lock)
    lock.release()


def test_two_logs_of_one_server_have_a_lock_each(postgres: PostgresServer) -> None:
    locks = [lock_for(postgres.new_database()) for _ in range(2)]
    assert all(lock.acquire() for lock in locks)
    for lock in locks:
        lock.release()


def test_a_follower_sees_what_another_writes(url: str, database: Database, log: FleetLog) -> None:
    with closing(LogFollower(url)) as follower:
        assert follower.state() == log.state
        record_everything(log)
        assert follower.state() == log.state
        log.accept(Activate(Watts(1.0)), origin(), "")
        assert follower.state() == log.state


def test_a_follower_waits_for_a_log_to_be_begun(path: Path) -> None:
    with closing(LogFollower(f"sqlite:///{path}.other")) as follower:
        with pytest.raises(LogUnavailable):
            follower.state()
        other = FleetLog(f"sqlite:///{path}.other", SteppedClock(), PowerMode.ON_OFF)
        assert follower.state() == other.state
        other.close()
