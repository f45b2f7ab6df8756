"""What the multiplexed type promises beyond Pykka's own: few threads, fairness, no message lost in death."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from threading import Thread
from typing import Any

import pykka
import pytest
from pykka import ActorDeadError, ActorRef, ActorRegistry
from pykka._envelope import Envelope
from waiting import wait_until

from actors.multiplexed import MultiplexedActor, inbox_length
from actors.workers import WorkerPool
from netstab.units import Seconds

TIMEOUT = 60


class Echo(MultiplexedActor):
    def on_receive(self, message: Any) -> Any:
        if callable(message):
            return message()
        return message


def echoing(workers: WorkerPool) -> type[Echo]:
    """Return actors that answer what they are told, on these workers."""

    class Echoing(Echo):
        pool = workers

    return Echoing


@pytest.fixture(params=[1, 4], ids=["one worker", "four workers"])
def workers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def echo(workers: int) -> Iterator[type[Echo]]:
    pool = WorkerPool(workers)
    pool.start()
    yield echoing(pool)
    ActorRegistry.stop_all(timeout=TIMEOUT)
    assert pool.stop(Seconds(TIMEOUT))


def threads_of_actors() -> list[Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("actors-")]


def test_ten_thousand_actors_start_answer_and_stop_on_a_few_threads(echo: type[Echo], workers: int) -> None:
    began = time.process_time()
    refs = [echo.start() for _ in range(10_000)]
    answers = pykka.get_all([ref.ask("ping", block=False) for ref in refs], timeout=TIMEOUT)
    assert len(threads_of_actors()) == workers
    stopped = pykka.get_all([ref.stop(block=False) for ref in refs], timeout=TIMEOUT)
    assert answers == ["ping"] * 10_000
    assert stopped == [True] * 10_000
    assert time.process_time() - began < 30


def test_a_busy_actor_gives_way_to_others() -> None:
    pool = WorkerPool(1)
    busy_type = echoing(pool)
    handled: list[Any] = []
    busy, other = busy_type.start(), busy_type.start()
    for number in range(1000):
        busy.tell(partial(handled.append, number))
    other.tell(lambda: handled.append("other"))
    pool.start()
    busy.stop(timeout=TIMEOUT)
    other.stop(timeout=TIMEOUT)
    assert handled.index("other") <= 64
    assert [number for number in handled if number != "other"] == list(range(1000))
    assert pool.stop(Seconds(TIMEOUT))


def test_no_ask_hangs_and_no_message_is_handled_twice_when_an_actor_dies_under_fire(
    echo: type[Echo],
) -> None:
    for _ in range(20):
        handled: list[None] = []
        answered: list[int] = []
        ref = echo.start()
        senders = [threading.Thread(target=ask_until_dead, args=(ref, handled, answered)) for _ in range(4)]
        for thread in senders:
            thread.start()
        ref.stop(timeout=TIMEOUT)
        for thread in senders:
            thread.join(TIMEOUT)
        assert len(answered) == 4
        assert len(handled) == sum(answered)
        assert inbox_length(ref) == 0


def ask_until_dead(ref: ActorRef[Any], handled: list[None], answered: list[int]) -> None:
    alive, count = True, 0
    while alive:
        for future in [ref.ask(lambda: handled.append(None), block=False) for _ in range(50)]:
            try:
                future.get(timeout=TIMEOUT)
                count += 1
            except ActorDeadError:
                alive = False
    answered.append(count)


def test_a_message_that_was_on_its_way_at_death_is_answered_and_not_kept(echo: type[Echo]) -> None:
    ref = echo.start()
    ref.stop(timeout=TIMEOUT)
    future: pykka.ThreadingFuture[Any] = pykka.ThreadingFuture()
    ref.actor_inbox.put(Envelope("told"))
    ref.actor_inbox.put(Envelope("asked", reply_to=future))
    with pytest.raises(ActorDeadError):
        future.get(timeout=TIMEOUT)
    assert inbox_length(ref) == 0


def test_a_thousand_messages_in_a_dead_inbox_are_all_answered(echo: type[Echo]) -> None:
    ref = echo.start()
    gate = threading.Event()
    ref.tell(lambda: gate.wait(TIMEOUT))
    ref.stop(block=False)
    pending = [ref.ask("late", block=False) for _ in range(1000)]
    gate.set()
    for future in pending:
        with pytest.raises(ActorDeadError):
            future.get(timeout=TIMEOUT)


@pytest.mark.parametrize("hook", ["on_start", "on_stop"])
def test_a_base_exception_in_a_hook_kills_the_actor_and_no_worker(
    echo: type[Echo], hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    def leave(_: Echo) -> None:
        raise SystemExit("the hook wants to leave")

    leaving: type[Echo] = type("Leaving", (echo,), {hook: leave})
    ref, other = leaving.start(), echo.start()
    ref.stop(block=False)
    assert ref.actor_stopped.wait(TIMEOUT)
    wait_until(lambda: "the hook wants to leave" in caplog.text)
    if hook == "on_start":
        assert other.ask("ping", timeout=TIMEOUT) == "ping"
    assert echo.start().ask("ping", timeout=TIMEOUT) == "ping"


def test_actors_started_before_their_pool_wait_for_it() -> None:
    pool = WorkerPool(1)
    ref = echoing(pool).start()
    answer = ref.ask("ping", block=False)
    with pytest.raises(pykka.Timeout):
        answer.get(timeout=0.05)
    pool.start()
    assert answer.get(timeout=TIMEOUT) == "ping"
    ref.stop(timeout=TIMEOUT)
    assert pool.stop(Seconds(TIMEOUT))


def test_actors_outlive_a_stop_of_their_pool() -> None:
    pool = WorkerPool(2)
    pool.start()
    ref = echoing(pool).start()
    assert ref.ask("ping", timeout=TIMEOUT) == "ping"
    assert pool.stop(Seconds(TIMEOUT))
    assert threads_of_actors() == []
    pool.start()
    assert ref.ask("ping", timeout=TIMEOUT) == "ping"
    ref.stop(timeout=TIMEOUT)
    assert pool.stop(Seconds(TIMEOUT))


def test_a_pool_says_when_a_handler_holds_it_up() -> None:
    pool = WorkerPool(1)
    pool.start()
    gate = threading.Event()
    ref = echoing(pool).start()
    ref.tell(lambda: gate.wait(TIMEOUT))
    assert not pool.stop(Seconds(0.05))
    pool.start()
    gate.set()
    ref.stop(timeout=TIMEOUT)
    assert pool.stop(Seconds(TIMEOUT))
    assert threads_of_actors() == []
