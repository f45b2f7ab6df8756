"""Who leads, when it stops, and in which order; over the kernel's own lock."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import wait_until

from actors.fence import WakeFence
from events.lock import FileLock
from netstab.errors import LogFenced, LogUnavailable
from netstab.server.leadership import Leadership


class Server:
    """Notes what it is told to do. `failures` are raised, one at each attempt to lead."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = FileLock(path)
        self.done: list[str] = []
        self.failures: list[Exception] = []
        self.fence = WakeFence()
        self.leadership = Leadership(self.lock, self.lead, lambda: self.note("stand by"))

    def note(self, what: str) -> None:
        if self.done[-1:] != [what]:
            self.done.append(what)

    @contextmanager
    def lead(self) -> Iterator[WakeFence]:
        if self.failures:
            self.note("fail")
            raise self.failures.pop()
        self.fence = WakeFence()
        self.note("lead")
        yield self.fence
        rival = FileLock(self.path)
        held = not rival.acquire()
        rival.release()
        self.note(f"stop, {'fenced' if self.fence.closed else 'in order'}, {'held' if held else 'lost'}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db.lock"


@pytest.fixture
def servers(path: Path) -> Iterator[tuple[Server, Server]]:
    servers = Server(path), Server(path)
    started = []
    for server in servers:
        server.leadership.start()
        started.append(server)
    yield servers
    for server in reversed(started):
        server.leadership.stop()


def test_the_first_leads_and_the_second_stands_by_until_the_first_is_gone(path: Path) -> None:
    first, second = Server(path), Server(path)
    first.leadership.start()
    second.leadership.start()
    assert (first.done, second.done) == (["lead"], ["stand by"])
    first.leadership.stop()
    assert first.done == ["lead", "stop, in order, held"]
    wait_until(lambda: second.done == ["stand by", "lead"])
    second.leadership.stop()


def test_after_an_end_in_order_nothing_more_is_sent(path: Path) -> None:
    server = Server(path)
    server.leadership.start()
    assert server.fence.allows(1)
    server.leadership.stop()
    assert not server.fence.allows(1)
    assert FileLock(path).acquire()


def test_a_leader_that_found_another_writer_stops_fenced_and_may_lead_anew(
    servers: tuple[Server, Server],
) -> None:
    first, second = servers
    first.fence.close()
    wait_until(lambda: "stop, fenced, held" in first.done)
    wait_until(lambda: [first.done[-1], second.done[-1]].count("lead") == 1)


def test_a_leader_that_lost_its_lock_is_fenced_before_anything_else(servers: tuple[Server, Server]) -> None:
    first, second = servers
    first.lock.release()
    wait_until(lambda: any(what.startswith("stop, fenced") for what in first.done))
    wait_until(lambda: "lead" in second.done or first.done.count("lead") == 2)


def test_what_keeps_a_server_from_its_first_role_is_raised_and_the_lock_given_back(path: Path) -> None:
    server = Server(path)
    server.failures = [LogUnavailable("damaged")]
    with pytest.raises(LogUnavailable):
        server.leadership.start()
    assert FileLock(path).acquire()


def test_a_standby_that_cannot_take_over_tries_again(path: Path) -> None:
    first, second = Server(path), Server(path)
    first.leadership.start()
    second.leadership.start()
    second.failures = [LogFenced("too soon"), RuntimeError("a defect")]
    first.leadership.stop()
    wait_until(lambda: second.done[-1] == "lead")
    assert second.done.count("fail") == 2
    second.leadership.stop()


def test_a_standby_to_which_the_database_gave_the_lock_late_lets_who_led_have_it_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Server(path), Server(path)
    first.leadership.start()
    second.leadership.start()
    monkeypatch.setattr("netstab.server.leadership.PROMPT", -1.0)
    monkeypatch.setattr("netstab.server.leadership.YIELD", 60.0)
    first.leadership.stop()
    wait_until(lambda: second.leadership._yields_until)
    again = Server(path)
    again.leadership.start()
    assert (again.done, second.done) == (["lead"], ["stand by"])
    again.leadership.stop()
    second.leadership.stop()


def test_a_standby_whose_database_is_back_lets_who_led_have_the_lock_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Server(path), Server(path)
    first.leadership.start()
    second.leadership.start()
    acquire, asked, back = second.lock.acquire, list[bool](), threading.Event()

    def acquired() -> bool:
        asked.append(back.is_set())
        if not asked[-1]:
            raise LogUnavailable("the database is away")
        monkeypatch.setattr("netstab.server.leadership.YIELD", 60.0)
        return acquire()

    monkeypatch.setattr("netstab.server.leadership.YIELD", 0.1)
    monkeypatch.setattr(second.lock, "acquire", acquired)
    wait_until(lambda: asked)
    first.leadership.stop()
    back.set()
    wait_until(lambda: second.leadership._yields_until > time.monotonic() + 30)
    again = Server(path)
    again.leadership.start()
    assert (again.done, second.done) == (["lead"], ["stand by"])
    again.leadership.stop()
    second.leadership.stop()


def test_a_standby_yields_once_to_who_led_and_then_leads(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Server(path), Server(path)
    first.leadership.start()
    second.leadership.start()
    monkeypatch.setattr("netstab.server.leadership.PROMPT", -1.0)
    monkeypatch.setattr("netstab.server.leadership.YIELD", 0.1)
    first.leadership.stop()
    wait_until(lambda: second.done == ["stand by", "lead"])
    second.leadership.stop()
