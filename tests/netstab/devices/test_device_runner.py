import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE, running_time

from netstab.devices.lanes import THREADS
from netstab.devices.runner import DeviceRunner, Lane
from netstab.errors import DeviceError, TimedOut


@pytest.fixture
def runner() -> Iterator[DeviceRunner]:
    runner = DeviceRunner(polls_at_once=4, calls_owed=50)
    runner.start()
    yield runner
    runner.stop(2.0)


class Answers:
    """Collects outcomes; `wait` until there are so many."""

    def __init__(self) -> None:
        self.outcomes: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, outcome: object) -> None:
        with self._changed:
            self.outcomes.append(outcome)
            self._changed.notify_all()

    def wait(self, count: int) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.outcomes) >= count, PATIENCE)
        return self.outcomes


async def value(result: object) -> object:
    await asyncio.sleep(0)
    return result


async def fail(error: Exception) -> None:
    raise error


def raising(error: Exception) -> Any:
    def work() -> None:
        raise error

    return work


def test_values_and_device_errors_come_back_as_they_are(runner: DeviceRunner) -> None:
    error, answers = TimedOut("x"), Answers()
    runner.call(lambda: 1, answers, lane=Lane.COMMAND)
    runner.call(raising(error), answers, lane=Lane.PROBE)
    runner.submit_coroutine(value(2), answers)
    runner.submit_coroutine(fail(error), answers)
    assert sorted(answers.wait(4), key=str) == [1, 2, error, error]


def test_an_error_that_is_kept_holds_nothing_of_the_call_that_it_comes_of(runner: DeviceRunner) -> None:
    def ask() -> None:
        try:
            Path("/nowhere/at/all").stat()
        except OSError as error:
            raise TimedOut("x") from error

    async def poll() -> None:
        ask()

    answers = Answers()
    runner.call(ask, answers, lane=Lane.PROBE)
    runner.submit_coroutine(poll(), answers)
    for error in answers.wait(2):
        assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)


def test_an_unexpected_error_becomes_a_device_error_and_is_logged(
    runner: DeviceRunner, caplog: pytest.LogCaptureFixture
) -> None:
    answers = Answers()
    runner.call(raising(KeyError("broken")), answers, lane=Lane.COMMAND)
    runner.submit_coroutine(fail(KeyError("broken")), answers)
    for outcome in answers.wait(2):
        assert type(outcome) is DeviceError
        assert "KeyError: 'broken'" in str(outcome)
    assert len(caplog.records) == 2


@contextmanager
def hanging() -> Iterator[tuple[DeviceRunner, threading.Event]]:
    """Give a runner, and what calls hang on until the block ends."""
    runner, ending = DeviceRunner(), threading.Event()
    runner.start()
    try:
        yield runner, ending
    finally:
        ending.set()
        runner.stop(2.0)


@pytest.mark.parametrize(("hung", "others"), [(Lane.PROBE, Lane.COMMAND), (Lane.SILENT, Lane.PROBE)])
def test_who_hangs_delays_nobody_in_another_lane(hung: Lane, others: Lane) -> None:
    answers = Answers()
    with hanging() as (runner, ending):
        for _ in range(THREADS[hung] + 1):
            runner.call(lambda: ending.wait(PATIENCE), lambda _: None, lane=hung)
        runner.call(lambda: "done", answers, lane=others)
        assert answers.wait(1) == ["done"]


def test_polls_that_block_do_not_delay_others_while_many_hang() -> None:
    answers = Answers()
    with hanging() as (runner, ending):
        for _ in range(200):
            runner.submit_coroutine(asyncio.to_thread(ending.wait, PATIENCE), lambda _: None)
        runner.submit_coroutine(asyncio.to_thread(lambda: "done"), answers)
        assert answers.wait(1) == ["done"]


def test_a_full_queue_answers_at_once(runner: DeviceRunner) -> None:
    ending, answers = threading.Event(), Answers()
    for _ in range(50):
        runner.call(lambda: ending.wait(PATIENCE), answers, lane=Lane.COMMAND)
    runner.call(lambda: "never", answers, lane=Lane.COMMAND)
    assert [type(outcome) for outcome in answers.outcomes] == [DeviceError]
    ending.set()
    assert len(answers.wait(51)) == 51


def test_so_many_polls_run_at_once_and_no_more(runner: DeviceRunner) -> None:
    running, most, answers = 0, 0, Answers()

    async def poll() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    for _ in range(20):
        runner.submit_coroutine(poll(), answers)
    answers.wait(20)
    assert most == 4


def test_a_listener_that_fails_harms_nobody_else(
    runner: DeviceRunner, caplog: pytest.LogCaptureFixture
) -> None:
    answers = Answers()
    runner.call(lambda: 1, raising_listener, lane=Lane.COMMAND)
    runner.submit_coroutine(value(1), raising_listener)
    runner.submit_coroutine(value(2), answers)
    runner.call(lambda: 3, answers, lane=Lane.COMMAND)
    assert sorted(answers.wait(2)) == [2, 3]


def raising_listener(_outcome: object) -> None:
    raise ValueError("listener")


def test_nothing_is_taken_before_the_start_or_after_the_stop() -> None:
    runner, answers = DeviceRunner(), Answers()
    runner.call(lambda: 1, answers, lane=Lane.COMMAND)
    runner.submit_coroutine(value(1), answers)
    runner.start()
    runner.stop(1.0)
    runner.call(lambda: 1, answers, lane=Lane.COMMAND)
    runner.submit_coroutine(value(1), answers)
    assert [type(outcome) for outcome in answers.outcomes] == [DeviceError] * 4


def test_a_runner_that_was_never_started_can_be_stopped() -> None:
    DeviceRunner().stop(0.1)


def test_a_stop_answers_everything_once_and_leaves_nothing_running() -> None:
    runner, answers, ending = DeviceRunner(polls_at_once=2, calls_owed=1000), Answers(), threading.Event()
    ran: list[int] = []
    calls = max(THREADS.values()) + 50

    def runs() -> None:
        ran.append(1)
        ending.wait(2.0)

    runner.start()
    for _ in range(10):
        runner.submit_coroutine(asyncio.sleep(60), answers)
    for lane in Lane:
        for _ in range(calls):
            runner.call(runs, answers, lane=lane)
    started = running_time()
    runner.stop(20.0)
    assert running_time() - started < 10
    assert len(answers.outcomes) == 10 + calls * len(Lane)
    assert len(ran) < calls * len(Lane)
    assert not [thread for thread in threading.enumerate() if thread.name == "device-polls"]


def test_a_stop_does_not_wait_for_a_hung_call_past_its_deadline() -> None:
    runner, answers, ending = DeviceRunner(), Answers(), threading.Event()
    runner.start()
    runner.call(lambda: ending.wait(PATIENCE), answers, lane=Lane.COMMAND)
    started = running_time()
    runner.stop(0.1)
    assert running_time() - started < 5
    assert [type(outcome) for outcome in answers.outcomes] == [DeviceError]
    ending.set()
    time.sleep(0.05)
    assert len(answers.outcomes) == 1


def test_submissions_from_many_threads_are_each_answered_once() -> None:
    runner, answers = DeviceRunner(), Answers()
    runner.start()

    def submit(start: int) -> None:
        for number in range(start, start + 500):
            runner.submit_coroutine(value(number), answers)

    threads = [threading.Thread(target=submit, args=(start,)) for start in range(0, 4000, 500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.wait(4000)) == list(range(4000))
    runner.stop(1.0)


def test_calls_racing_with_a_stop_are_still_answered() -> None:
    for _ in range(20):
        runner, answered = DeviceRunner(), Answers()
        runner.start()
        stopping = threading.Thread(target=runner.stop, args=(1.0,))
        stopping.start()
        for number in range(100):
            runner.submit_coroutine(value(number), answered)
            runner.call(lambda: 1, answered, lane=Lane.PROBE)
        stopping.join()
        assert len(answered.wait(200)) == 200


def test_poll_hands_the_drivers_reading_on(runner: DeviceRunner) -> None:
    class Driver:
        async def poll(self, endpoint: object) -> object:
            return endpoint

    future: Future[Any] = Future()
    runner.poll(Driver(), "endpoint", future.set_result)  # type: ignore[arg-type]
    assert future.result(PATIENCE) == "endpoint"


class Polling:
    """A driver that does at each poll what it was given to do."""

    def __init__(self, poll: Callable[[], Awaitable[object]]) -> None:
        self._poll = poll

    async def poll(self, _endpoint: object) -> object:
        return await self._poll()


def polls(runner: DeviceRunner, count: int, poll: Callable[[], Awaitable[object]], answers: Answers) -> None:
    for _ in range(count):
        runner.poll(Polling(poll), "endpoint", answers)  # type: ignore[arg-type]


async def waits_in_every_way() -> str:
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    with suppress(KeyError):
        await asyncio.to_thread(raising(KeyError("caught")))
    return await asyncio.to_thread(lambda: "waited")


def test_a_poll_may_wait_for_its_turn_for_time_and_for_a_thread(runner: DeviceRunner) -> None:
    answers = Answers()
    polls(runner, 20, waits_in_every_way, answers)
    assert answers.wait(20) == ["waited"] * 20


def test_a_poll_that_fails_answers_with_its_error(
    runner: DeviceRunner, caplog: pytest.LogCaptureFixture
) -> None:
    error, answers = TimedOut("x"), Answers()
    polls(runner, 1, lambda: fail(error), answers)
    assert answers.wait(1) == [error]
    assert caplog.records == []
    polls(runner, 1, lambda: fail(KeyError("broken")), answers)
    assert "KeyError: 'broken'" in str(answers.wait(2)[1])
    assert len(caplog.records) == 1


def test_polls_that_end_at_once_do_not_pile_up_on_the_stack() -> None:
    runner, answers = DeviceRunner(polls_at_once=1), Answers()
    runner.start()

    async def at_once() -> int:
        return 1

    polls(runner, 5000, at_once, answers)
    assert answers.wait(5000) == [1] * 5000
    runner.stop(2.0)


def test_a_stop_ends_polls_that_run_and_those_that_wait_for_their_turn() -> None:
    runner, answers, ended = DeviceRunner(polls_at_once=3), Answers(), list[int]()

    async def hangs() -> None:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            ended.append(1)

    runner.start()
    polls(runner, 10, hangs, answers)
    started = running_time()
    runner.stop(PATIENCE)
    assert running_time() - started < PATIENCE / 2
    assert [type(outcome) for outcome in answers.outcomes] == [DeviceError] * 10
    assert len(ended) <= 3
