import threading
from collections.abc import Iterator
from functools import partial
from queue import SimpleQueue

import pytest
from waiting import PATIENCE, wait_until

from netstab.devices.threads import Threads

NAME = "threads-of-this-test"


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads(3, NAME)
    yield threads
    threads.close()
    wait_until(lambda: living() == 0)


def living() -> int:
    return sum(thread.name == NAME for thread in threading.enumerate())


def burst(threads: Threads) -> None:
    """Have all three at work at the same time, and end that."""
    together = threading.Barrier(4)

    def meet() -> None:
        together.wait(PATIENCE)

    for _ in range(3):
        assert threads.run(meet)
    meet()


def test_threads_that_nobody_needs_end_and_new_ones_begin_when_somebody_does(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.threads._IDLE", 0.05)
    for _ in range(3):
        burst(threads)
        wait_until(lambda: living() == 0)


def test_while_little_is_done_no_more_threads_live_than_that_takes(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.threads._IDLE", 0.3)
    burst(threads)
    done = SimpleQueue[None]()

    def one_is_enough() -> bool:
        assert threads.run(partial(done.put, None))
        done.get(timeout=PATIENCE)
        return living() == 1

    wait_until(one_is_enough)


def test_each_work_is_done_once_however_near_its_thread_is_to_its_end(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.threads._IDLE", 0.0005)
    done = SimpleQueue[int]()
    for number in range(2000):
        assert threads.run(partial(done.put, number))
        if number % 2:
            threading.Event().wait(0.0005)
    assert sorted(done.get(timeout=PATIENCE) for _ in range(2000)) == list(range(2000))
    assert done.empty()


def test_who_waits_for_a_thread_is_told_when_they_are_closed_and_what_runs_goes_on(threads: Threads) -> None:
    going_on, ended, told = threading.Event(), threading.Semaphore(0), SimpleQueue[bool]()

    def hang() -> None:
        assert going_on.wait(PATIENCE)
        ended.release()

    assert all(threads.run(hang) for _ in range(3))
    waiting = threading.Thread(target=lambda: told.put(threads.run(hang)))
    waiting.start()
    threads.close()
    assert told.get(timeout=PATIENCE) is False
    assert threads.run(hang) is False
    going_on.set()
    assert all(ended.acquire(timeout=PATIENCE) for _ in range(3))
    waiting.join()


def exhaust(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let no thread be started any more; return what tells that it was tried."""
    tried = threading.Event()

    def start(_thread: threading.Thread) -> None:
        tried.set()
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    return tried


def test_where_the_host_starts_no_more_threads_work_waits_for_those_there_are(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited, going_on, done = threading.Event(), threading.Event(), SimpleQueue[int]()

    def hang() -> None:
        going_on.wait(PATIENCE)

    def more() -> None:
        limited.wait(PATIENCE)
        for number in range(5):
            assert threads.run(partial(done.put, number))

    assert threads.run(hang)
    running = threading.Thread(target=more)
    running.start()
    tried = exhaust(monkeypatch)
    limited.set()
    assert tried.wait(PATIENCE)
    assert done.empty()
    going_on.set()
    assert [done.get(timeout=PATIENCE) for _ in range(5)] == list(range(5))
    running.join()


def test_without_any_thread_to_be_had_work_is_refused(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    exhaust(monkeypatch)
    with pytest.raises(RuntimeError, match="can't start"):
        threads.run(lambda: None)
