import threading
from collections.abc import Iterator
from functools import partial
from queue import SimpleQueue

import pytest
from waiting import PATIENCE

from netstab.devices.lanes import THREADS, Lane, ThreadLane
from netstab.errors import DeviceError


@pytest.fixture
def lane() -> Iterator[ThreadLane]:
    lane = ThreadLane("test", 3, 50)
    lane.start()
    yield lane
    lane.refuse()


class Calls:
    """Calls that run until they are let go, and how many did so at once."""

    def __init__(self) -> None:
        self.began, self.ended = threading.Semaphore(0), threading.Semaphore(0)
        self.going_on, self.most, self.running = threading.Event(), 0, 0
        self._lock = threading.Lock()

    def run(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.began.release()
        self.going_on.wait(PATIENCE)
        with self._lock:
            self.running -= 1

    def done(self, _outcome: object) -> None:
        self.ended.release()


def all_of(semaphore: threading.Semaphore, count: int) -> bool:
    return all(semaphore.acquire(timeout=PATIENCE) for _ in range(count))


def test_as_many_calls_run_at_once_as_a_lane_has_threads_and_no_more(lane: ThreadLane) -> None:
    calls = Calls()
    for _ in range(20):
        lane.submit(calls.run, calls.done)
    assert all_of(calls.began, 3)
    calls.going_on.set()
    assert all_of(calls.ended, 20)
    assert calls.most == 3


def test_who_hangs_holds_up_nobody_else_while_a_thread_is_left(lane: ThreadLane) -> None:
    hanging, others = Calls(), Calls()
    for _ in range(2):
        lane.submit(hanging.run, hanging.done)
    assert all_of(hanging.began, 2)
    others.going_on.set()
    for _ in range(20):
        lane.submit(others.run, others.done)
    assert all_of(others.ended, 20)
    assert hanging.running == 2
    hanging.going_on.set()


def test_calls_begin_in_the_order_in_which_they_came() -> None:
    lane, ended, began = ThreadLane("test", 1, 50), Calls(), list[int]()
    lane.start()
    for number in range(50):
        lane.submit(partial(began.append, number), ended.done)
    assert all_of(ended.ended, 50)
    assert began == list(range(50))
    lane.refuse()


def test_a_call_fails_by_name_while_the_host_has_no_thread_left_and_the_next_goes_on(
    lane: ThreadLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    outcomes = SimpleQueue[object]()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", exhausted)
        lane.submit(lambda: 1, outcomes.put)
        assert "can't start new thread" in str(outcomes.get(timeout=PATIENCE))
    lane.submit(lambda: 2, outcomes.put)
    assert outcomes.get(timeout=PATIENCE) == 2


def test_the_largest_fleet_is_told_and_seen_in_time_where_answers_take_a_third_of_a_second() -> None:
    for lane in (Lane.SHED, Lane.COMMAND, Lane.PROBE):
        assert 20_000 / (THREADS[lane] / 0.333) < 30


def test_what_waits_while_it_withholds_is_cancelled_and_what_runs_goes_on(lane: ThreadLane) -> None:
    calls, outcomes = Calls(), SimpleQueue[object]()
    for _ in range(3):
        lane.submit(calls.run, outcomes.put)
    assert all_of(calls.began, 3)
    never = Calls()
    for _ in range(20):
        lane.submit(never.run, outcomes.put)
    lane.withhold()
    lane.submit(never.run, outcomes.put)
    # One more is in the hands of who waits for a free thread: it is cancelled when there is one.
    told = [outcomes.get(timeout=PATIENCE) for _ in range(20)]
    assert all(isinstance(outcome, DeviceError) for outcome in told)
    calls.going_on.set()
    never.going_on.set()
    left = [outcomes.get(timeout=PATIENCE) for _ in range(4)]
    assert left.count(None) == 3
    assert not never.began.acquire(blocking=False)
    lane.resume()
    lane.submit(calls.run, outcomes.put)
    assert outcomes.get(timeout=PATIENCE) is None


def test_one_that_refuses_takes_nothing_any_more_when_it_resumes(lane: ThreadLane) -> None:
    outcomes = SimpleQueue[object]()
    lane.withhold()
    lane.refuse()
    lane.resume()
    lane.submit(lambda: None, outcomes.put)
    assert isinstance(outcomes.get(timeout=PATIENCE), DeviceError)
